/**
 * What a drill keeps: a C2SP signed note that says what was recalled, how long it took, and which table came of it, by
 * the key of whoever held the drill (specs/bundle.md). Nothing of it is in the log: it is its signer's word.
 */
import { fromUtf8, hex, keyIdOf, publicKeyOf, sha256, type Signer } from '@assay/core';
import {
  ed25519NoteSigner,
  formatNote,
  NoteError,
  noteVerifier,
  parseNote,
  SIGNATURE_TYPE,
  signNote,
  verifyNote,
  vkey,
} from '@assay/log';
import { csvScopeRoot } from '../bundle/csv-scope.ts';
import { CliError } from '../cli-error.ts';

/** What a drill found. */
export interface DrillFacts {
  readonly origin: string;
  readonly size: number;
  readonly version: string;
  readonly affected: number;
  readonly possible: number;
  /** Hex. */
  readonly root: string;
  readonly gaps: readonly string[];
  /** Name and hex SHA-256 of the table. */
  readonly table: { readonly name: string; readonly sha256: string };
  readonly milliseconds: Readonly<Record<string, number>>;
  /** Unix seconds by the signer's clock. */
  readonly at: number;
}

const TITLE = 'assay drill v1';

/** Signs it. @param name of the signer, as a key name */
export function drillNote(facts: DrillFacts, { name, signer }: { name: string; signer: Signer }): Uint8Array {
  const { origin, size, version, affected, possible, root, gaps, table, milliseconds, at } = facts;
  const lines = [
    TITLE,
    `by ${keyIdOf(signer.publicKey)}`,
    `at ${at}`,
    `log ${origin} ${size}`,
    `version ${version}`,
    `affected ${affected} possible ${possible}`,
    `root ${root}`,
    ...gaps.map((gap) => `gap ${gap}`),
    `table ${table.sha256} ${table.name}`,
    ...Object.entries(milliseconds).map(([step, spent]) => `took ${step} ${spent} ms`),
  ];
  return formatNote(signNote(`${lines.join('\n')}\n`, [ed25519NoteSigner(name, signer)], at));
}

/** Whether a text begins as a drill's note does. */
export const isDrillNote = (text: string): boolean => text.startsWith(`${TITLE}\n`);

/** A note that holds, and its table that is what it says. */
export interface CheckedDrill {
  readonly by: string;
  readonly text: string;
  readonly root: string;
}

/**
 * Checks the signature by the key that the note names, and the table by digest and scope root.
 *
 * @param readTable the table's bytes, by its name
 * @throws CliError `mismatch`; NoteError
 */
export function checkDrill(bytes: Uint8Array, readTable: (name: string) => Uint8Array): CheckedDrill {
  const note = parseNote(bytes);
  const { text } = note;
  const line = (pattern: RegExp): string => pattern.exec(text)?.[1] ?? '';
  const by = line(/^by (ed25519:[0-9a-f]{64})$/m);
  const [, digest = '', name = ''] = /^table ([0-9a-f]{64}) ([^/\n]+)$/m.exec(text) ?? [];
  if (by === '' || digest === '' || !isDrillNote(text))
    throw new NoteError('malformed', { what: 'the note of a drill names its signer and its table' });
  const names = new Set(note.signatures.map((signature) => signature.name));
  const keys = [...names].map((each) => noteVerifier(vkey(each, SIGNATURE_TYPE.ed25519, publicKeyOf(by))));
  verifyNote(note, keys);
  const table = readTable(name);
  const found = hex(sha256(table));
  if (found !== digest) throw mismatch(`the table has the digest ${found}, the note says ${digest}`, name);
  const gaps = [...text.matchAll(/^gap (.+)$/gm)].map(([, gap = '']) => gap);
  const root = csvScopeRoot(fromUtf8(table), gaps, name);
  if (root !== line(/^root ([0-9a-f]{64})$/m))
    throw mismatch(`the rows give the scope root ${root}, which the note does not say`, name);
  return { by, text, root };
}

const mismatch = (what: string, where: string): CliError => new CliError('mismatch', { what, where });
