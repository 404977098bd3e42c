/** Reading a trust policy file: which logs, which witnesses, which quorum (c2sp.org/tlog-policy). */
import { AssayError, EncodingError, fromUtf8, hex, utf8 } from '@assay/core';
import { PolicyError } from './errors.ts';
import { noteVerifier } from './note-keys.ts';
import type { NoteVerifier } from './note-verify.ts';
import { SIGNATURE_TYPE } from './vkey.ts';

/** Most logs, witnesses and groups a policy may define, each; the spec asks for at least 32. */
export const MAX_POLICY_ITEMS = 256;

export interface PolicyLog {
  readonly verifier: NoteVerifier;
  readonly url?: string;
}

export interface PolicyWitness {
  /** Its name inside the policy; the cosignature's own name is in the verifier's key. */
  readonly name: string;
  readonly verifier: NoteVerifier;
  readonly url?: string;
}

/** At least `threshold` of the members. */
export interface PolicyGroup {
  readonly name: string;
  readonly threshold: number;
  readonly members: readonly QuorumRule[];
}

/** What must have cosigned. */
export type QuorumRule = PolicyWitness | PolicyGroup;

export interface Policy {
  readonly logs: readonly PolicyLog[];
  readonly witnesses: readonly PolicyWitness[];
  /** `'none'`: no cosignature is asked for, said so explicitly in the file. */
  readonly quorum: QuorumRule | 'none';
}

interface Draft {
  readonly logs: PolicyLog[];
  readonly witnesses: PolicyWitness[];
  readonly names: Map<string, QuorumRule>;
  readonly grouped: Set<string>;
  quorum: QuorumRule | 'none' | undefined;
}

/** Signature types a log's or a witness's key may have; a witness must sign a time. */
const LOG_TYPES: readonly number[] = [SIGNATURE_TYPE.ed25519, SIGNATURE_TYPE.mldsa44Cosignature];
const WITNESS_TYPES: readonly number[] = [
  SIGNATURE_TYPE.ed25519Cosignature,
  SIGNATURE_TYPE.mldsa44Cosignature,
];

/**
 * Reads a policy file. Names refer backwards only; anything not understood refuses the whole file.
 *
 * @param source the file, as bytes or text
 * @throws PolicyError `syntax` | `name` | `key` | `threshold` | `limit`, with the line number
 */
export function parsePolicy(source: Uint8Array | string): Policy {
  // Octets above 0x7F are opaque: one character per octet keeps names apart exactly as the bytes are.
  const octets = Array.from(typeof source === 'string' ? utf8(source) : source, (byte) =>
    String.fromCharCode(byte),
  ).join('');
  if (!octets.endsWith('\n') && octets !== '')
    throw new PolicyError('syntax', { what: 'a policy must end in a newline' });
  const draft: Draft = { logs: [], witnesses: [], names: new Map(), grouped: new Set(), quorum: undefined };
  octets.split('\n').forEach((line, i) => readLine(draft, line, `line ${i + 1}`));
  if (draft.quorum === undefined) {
    const fix = 'Add "quorum <name>", or "quorum none" to ask for no witness.';
    throw new PolicyError('syntax', { what: 'a policy has exactly one quorum line', fix });
  }
  return { logs: draft.logs, witnesses: draft.witnesses, quorum: draft.quorum };
}

function readLine(draft: Draft, line: string, where: string): void {
  // oxlint-disable-next-line no-control-regex -- the spec's own character set
  if (/[\u0000-\u0008\u000b-\u001f\u007f]/.test(line))
    throw new PolicyError('syntax', { what: 'only tab is allowed of the control characters', where });
  const [keyword, ...items] = line.split(/[ \t]+/).filter((item) => item !== '');
  if (keyword === undefined || keyword.startsWith('#')) return;
  switch (keyword) {
    case 'log':
      return readLog(draft, items, where);
    case 'witness':
      return readWitness(draft, items, where);
    case 'group':
      return readGroup(draft, items, where);
    case 'quorum':
      return readQuorum(draft, items, where);
    default:
      throw new PolicyError('syntax', { what: `"${keyword}" is not log, witness, group or quorum`, where });
  }
}

function readLog(draft: Draft, [key, url, ...more]: string[], where: string): void {
  if (key === undefined || more.length > 0)
    throw new PolicyError('syntax', { what: 'write "log <vkey> [<url>]"', where });
  const verifier = readKey(key, LOG_TYPES, where);
  refuseDuplicate(draft.logs, verifier, where);
  draft.logs.push({ verifier, ...(url === undefined ? {} : { url: text(url) }) });
}

function readWitness(draft: Draft, [name, key, url, ...more]: string[], where: string): void {
  if (name === undefined || key === undefined || more.length > 0) {
    throw new PolicyError('syntax', { what: 'write "witness <name> <vkey> [<url>]"', where });
  }
  const verifier = readKey(key, WITNESS_TYPES, where);
  refuseDuplicate(draft.witnesses, verifier, where);
  const witness = { name: text(name), verifier, ...(url === undefined ? {} : { url: text(url) }) };
  define(draft, name, witness, where);
  draft.witnesses.push(witness);
}

function readGroup(draft: Draft, [name, k, ...memberNames]: string[], where: string): void {
  if (name === undefined || k === undefined || memberNames.length === 0) {
    throw new PolicyError('syntax', { what: 'write "group <name> all|any|<k> <name>..."', where });
  }
  const members = memberNames.map((member) => resolve(draft, member, where));
  for (const member of memberNames) {
    // A witness that counts twice would be a smaller quorum than the file seems to say.
    if (draft.grouped.has(member))
      throw new PolicyError('name', { what: `"${text(member)}" is a group member twice`, where });
    draft.grouped.add(member);
  }
  const threshold =
    k === 'all' ? members.length : k === 'any' ? 1 : /^[1-9][0-9]{0,3}$/.test(k) ? Number(k) : 0;
  if (threshold < 1 || threshold > members.length) {
    throw new PolicyError('threshold', {
      what: `"${text(k)}" is not all, any or 1 to ${members.length}`,
      where,
    });
  }
  define(draft, name, { name: text(name), threshold, members }, where);
}

function readQuorum(draft: Draft, [name, ...more]: string[], where: string): void {
  if (name === undefined || more.length > 0)
    throw new PolicyError('syntax', { what: 'write "quorum <name>"', where });
  if (draft.quorum !== undefined)
    throw new PolicyError('syntax', { what: 'a policy has exactly one quorum line', where });
  draft.quorum = name === 'none' ? 'none' : resolve(draft, name, where);
}

function define(draft: Draft, name: string, rule: QuorumRule, where: string): void {
  if (name === 'none' || draft.names.has(name)) {
    throw new PolicyError('name', { what: `"${text(name)}" is already defined`, where });
  }
  draft.names.set(name, rule);
  if (draft.names.size > 2 * MAX_POLICY_ITEMS)
    throw new PolicyError('limit', { what: 'too many witnesses and groups', where });
}

function resolve(draft: Draft, name: string, where: string): QuorumRule {
  const rule = draft.names.get(name);
  if (rule !== undefined) return rule;
  throw new PolicyError('name', { what: `"${text(name)}" is not defined on a line above`, where });
}

function readKey(key: string, types: readonly number[], where: string): NoteVerifier {
  try {
    const verifier = noteVerifier(text(key));
    if (types.includes(verifier.key.type)) return verifier;
  } catch (cause) {
    if (!(cause instanceof AssayError)) throw cause;
    throw new PolicyError('key', { what: cause.what, where, cause });
  }
  const what =
    types === WITNESS_TYPES
      ? 'a witness key must sign a time (type 0x04 or 0x06)'
      : 'a log key has type 0x01 or 0x06';
  throw new PolicyError('key', { what, where });
}

/** Duplicates are judged by the raw public key, whatever name and ID it goes by ("Public key representation"). */
function refuseDuplicate(
  others: readonly { readonly verifier: NoteVerifier }[],
  { key }: NoteVerifier,
  where: string,
): void {
  if (others.some((other) => hex(other.verifier.key.publicKey) === hex(key.publicKey))) {
    throw new PolicyError('key', { what: `the public key of ${key.name} is listed twice`, where });
  }
  if (others.length >= MAX_POLICY_ITEMS)
    throw new PolicyError('limit', { what: `more than ${MAX_POLICY_ITEMS} keys`, where });
}

/** An opaque item as text for people and keys: UTF-8 where it is, else its octets as Latin-1. */
function text(octets: string): string {
  try {
    return fromUtf8(Uint8Array.from(octets, (c) => c.charCodeAt(0)));
  } catch (cause) {
    if (cause instanceof EncodingError) return octets;
    throw cause;
  }
}
