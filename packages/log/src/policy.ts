/** Judging a checkpoint by a trust policy: signed by a listed log, cosigned by the quorum. Fails closed. */
import { type Checkpoint, parseCheckpoint } from './checkpoint-text.ts';
import { openCheckpoint } from './checkpoint.ts';
import { type Cosignature, cosignatureTimestamp } from './cosignature.ts';
import { NoteError, PolicyError } from './errors.ts';
import { type Note, parseNote } from './note.ts';
import { type NoteVerifier, type VerifiedSignature, verifyNote } from './note-verify.ts';
import type { Policy, QuorumRule } from './policy-parse.ts';

/** A checkpoint that a policy accepts. */
export interface WitnessedCheckpoint {
  readonly checkpoint: Checkpoint;
  readonly note: Note;
  /** The cosignatures by the policy's witnesses, the earliest of each. */
  readonly cosignatures: readonly Cosignature[];
  /**
   * POSIX seconds by which the quorum had seen this tree: the earliest time at which the rule was met, which is the
   * q-th smallest timestamp for "q of n" (PROTOCOL 3.1). Undefined for `quorum none`, which proves no time.
   */
  readonly witnessedAt: number | undefined;
}

/**
 * Opens a checkpoint under a policy: a listed log signed it, and the quorum cosigned it (tlog-policy).
 *
 * @throws PolicyError `unknown-log` if no listed log has this origin, `quorum` if too few witnesses cosigned
 * @throws NoteError `malformed` | `bad-signature` | `no-known-signature`
 * @throws CheckpointError `malformed` | `size` | `root`
 */
export function openWitnessedCheckpoint(noteBytes: Uint8Array, policy: Policy): WitnessedCheckpoint {
  const { checkpoint, note } = openCheckpoint(noteBytes, logVerifiers(noteBytes, policy));
  return { checkpoint, note, ...verifyQuorum(note, policy) };
}

/**
 * Checks the quorum alone, for a checkpoint whose log signature is judged elsewhere.
 *
 * @throws PolicyError `quorum` @throws NoteError `bad-signature` if a known witness's cosignature fails
 */
export function verifyQuorum(
  note: Note,
  policy: Policy,
): Pick<WitnessedCheckpoint, 'cosignatures' | 'witnessedAt'> {
  const cosignatures = knownCosignatures(note, policy);
  const times = new Map(
    cosignatures.map((signature) => [`${signature.name}+${signature.keyId}`, signature.timestamp]),
  );
  if (policy.quorum === 'none') return { cosignatures, witnessedAt: undefined };
  const witnessedAt = quorumTime(policy.quorum, times);
  if (witnessedAt !== undefined) return { cosignatures, witnessedAt };
  const have = cosignatures.map(({ name }) => name).join(', ') || 'no known witness';
  const what = `cosigned by ${have}; the policy asks for ${describeQuorum(policy.quorum)}`;
  throw new PolicyError('quorum', {
    what,
    fix: 'Wait for more cosignatures of this checkpoint, or fetch a newer one.',
  });
}

/** Whether cosignatures by these keys (`name+keyid`) would meet the policy's quorum. */
export function meetsQuorum(policy: Policy, keys: Iterable<string>): boolean {
  return (
    policy.quorum === 'none' ||
    quorumTime(policy.quorum, new Map(Array.from(keys, (key) => [key, 0]))) !== undefined
  );
}

/** When a rule was met: for a witness its own time, for "k of members" the k-th smallest; undefined when it was not. */
export function quorumTime(rule: QuorumRule, times: ReadonlyMap<string, number>): number | undefined {
  if ('verifier' in rule) return times.get(`${rule.verifier.key.name}+${rule.verifier.key.keyId}`);
  const met = rule.members.map((member) => quorumTime(member, times)).filter((time) => time !== undefined);
  return met.toSorted((a, b) => a - b)[rule.threshold - 1];
}

/** A rule in words: `3 of (w1, w2, w3, w4)`. */
export function describeQuorum(rule: QuorumRule | 'none'): string {
  if (rule === 'none') return 'no witness';
  if ('verifier' in rule) return rule.name;
  return `${rule.threshold} of (${rule.members.map(describeQuorum).join(', ')})`;
}

function logVerifiers(noteBytes: Uint8Array, policy: Policy): NoteVerifier[] {
  const { origin } = parseCheckpoint(parseNote(noteBytes).text);
  const verifiers = policy.logs.map((log) => log.verifier).filter((verifier) => verifier.key.name === origin);
  if (verifiers.length > 0) return verifiers;
  const what = `the policy lists no key of the log "${origin}"`;
  throw new PolicyError('unknown-log', { what, fix: 'Add its "log <vkey>" line if you trust that log.' });
}

function knownCosignatures(note: Note, policy: Policy): Cosignature[] {
  const verifiers = policy.witnesses.map((witness) => witness.verifier);
  const earliest = new Map<string, Cosignature>();
  for (const { name, keyId, blob } of verifiedOrNone(note, verifiers)) {
    const timestamp = cosignatureTimestamp(blob);
    const before = earliest.get(`${name}+${keyId}`);
    if (before === undefined || timestamp < before.timestamp)
      earliest.set(`${name}+${keyId}`, { name, keyId, timestamp });
  }
  return [...earliest.values()];
}

/** No witness at all is an empty set here: whether that is too few is the quorum's to say. */
function verifiedOrNone(note: Note, verifiers: NoteVerifier[]): VerifiedSignature[] {
  try {
    return verifyNote(note, verifiers);
  } catch (cause) {
    if (cause instanceof NoteError && cause.code === 'no-known-signature') return [];
    throw cause;
  }
}
