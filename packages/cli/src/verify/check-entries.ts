/** Entries beside their proofs: each entry must be proved by one of the proofs given. */
import { hex } from '@assay/core';
import { leafHash, parseTlogProof, type TlogProof } from '@assay/log';
import { ReceiptError, type TrustMaterial, verifyLoggedEntry, verifyReceipt } from '@assay/verify';
import { CliError } from '../cli-error.ts';
import { momentOf } from '../line/clock-text.ts';
import type { Exit } from '../report.ts';
import type { OfflineFile } from './classify.ts';

/** What one file was found to be. */
export interface Checked {
  readonly file: string;
  readonly exit: Exit;
  readonly lines: readonly string[];
  readonly [fact: string]: unknown;
}

/** Codes of doubts that say nothing against the entry: the reader lacks a key, or the right clock. */
const CANNOT_TELL: ReadonlySet<string> = new Set(['unknown-log', 'future', 'proof']);

/**
 * Checks all entries. A checkpoint among the files serves as the one that a receipt names as `notBefore`.
 *
 * @throws CliError `usage` for an entry without a proof
 */
export function checkEntries(files: readonly OfflineFile[], trust: TrustMaterial): Checked[] {
  const entries = files.filter((file) => file.type === 'entry');
  const proofs = files
    .filter((file) => file.type === 'proof')
    .map(({ path, bytes }) => ({ path, proof: parse(path, bytes) }));
  const notes = files.filter((file) => file.type === 'checkpoint').map(({ bytes }) => bytes);
  if (entries.length === 0 || proofs.length < entries.length) {
    throw new CliError('usage', {
      what: `${entries.length} entries and ${proofs.length} proofs`,
      fix: 'Give each entry with its .tlog-proof; "assay log proof INDEX --out FILE" writes one.',
    });
  }
  return entries.map(({ path, bytes }) =>
    checkEntry(path, bytes, { proofs: proofs.map(({ proof }) => proof), notes, trust }),
  );
}

function parse(path: string, bytes: Uint8Array): TlogProof {
  const proof = parseTlogProof(bytes);
  if (proof.hashes.length <= 63) return proof;
  throw new CliError('unreadable-file', { what: 'more hashes than any log needs', where: path });
}

interface Given {
  readonly proofs: readonly TlogProof[];
  readonly notes: readonly Uint8Array[];
  readonly trust: TrustMaterial;
}

function checkEntry(file: string, entry: Uint8Array, given: Given): Checked {
  const failures: ReceiptError[] = [];
  for (const proof of given.proofs) {
    try {
      return passed(file, entry, { ...given, proofs: [proof] });
    } catch (error) {
      if (!(error instanceof ReceiptError)) throw error;
      failures.push(error);
    }
  }
  // With several proofs at hand, one that is simply another entry's explains nothing.
  const error = failures.find(({ code }) => code !== 'inclusion') ?? (failures[0] as ReceiptError);
  return {
    file,
    exit: CANNOT_TELL.has(error.code) ? 2 : 1,
    error: error.toJSON(),
    leaf: hex(leafHash(entry)),
    lines: [`${file}: NOT VERIFIED`, `  ${error.message}`],
  };
}

function passed(
  file: string,
  entry: Uint8Array,
  { proofs: [proof], notes: [notBefore], trust }: Given,
): Checked {
  if (proof === undefined) throw new CliError('usage', { what: 'no proof was given' });
  const { statement, index, witnessed } = verifyLoggedEntry(entry, proof, trust);
  const { origin, size } = witnessed.checkpoint;
  const facts = { id: statement.id, kind: statement.kind, signer: statement.signer, index, origin, size };
  const lines = [
    `${file}: verified`,
    `  ${statement.kind} ${statement.id}`,
    `  signed by ${statement.signer}`,
    `  entry ${index} of ${origin}, under a checkpoint of ${size} entries`,
    `  cosigned by ${witnessed.cosignatures.map(({ name }) => name).join(', ') || 'no witness'}`,
  ];
  if (statement.kind !== 'output.receipt') return { file, exit: 0, ...facts, lines };
  const { bracket, flags, receipt } = verifyReceipt(
    entry,
    { proof, ...(notBefore === undefined ? {} : { notBefore }) },
    trust,
  );
  const after = bracket.after === undefined ? '' : `after ${momentOf(bracket.after)}, `;
  const before = bracket.before === undefined ? 'no witness says when' : `before ${momentOf(bracket.before)}`;
  const more = [
    `  output of version ${receipt.predicate.version}`,
    `  made ${after}${before}`,
    ...flags.map((flag) => `  doubtful: ${flag}`),
  ];
  return { file, exit: flags.length > 0 ? 1 : 0, ...facts, bracket, flags, lines: [...lines, ...more] };
}
