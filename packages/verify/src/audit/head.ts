/** The checkpoint under audit: who signed it, who cosigned it. */
import { AssayError } from '@assay/core';
import {
  type Checkpoint,
  CheckpointError,
  type Note,
  NoteError,
  openCheckpoint,
  parseCheckpoint,
  parseNote,
  type Policy,
  PolicyError,
  verifyQuorum,
} from '@assay/log';
import { CLOCK_SKEW_SECONDS, type TrustMaterial } from '../trust.ts';
import type { Findings } from './finding.ts';
import type { LogReader } from './log-reader.ts';

/** The checkpoint that everything else is held against. */
export interface AuditedHead {
  readonly checkpoint: Checkpoint;
  readonly note: Note;
  /** Names of the policy's witnesses that cosigned it. */
  readonly cosigned: readonly string[];
  /** Unix seconds by which the quorum had seen it; undefined when it was not met. */
  readonly witnessedAt: number | undefined;
}

const PATH = 'checkpoint';

/** Reads and judges the checkpoint. Undefined when there is none that the log signed: then there is nothing to audit. */
export async function auditHead(
  reader: LogReader,
  trust: TrustMaterial,
  findings: Findings,
): Promise<AuditedHead | undefined> {
  const bytes = await reader.read(PATH);
  if (bytes === undefined) {
    findings.add('checkpoint-missing', 'the log serves no checkpoint', PATH);
    return undefined;
  }
  try {
    const { checkpoint, note } = openOwn(bytes, trust.policy);
    return { checkpoint, note, ...judgeQuorum(note, trust, findings) };
  } catch (cause) {
    if (!(cause instanceof AssayError)) throw cause;
    const isMalformed =
      cause instanceof CheckpointError || (cause instanceof NoteError && cause.code === 'malformed');
    findings.add(isMalformed ? 'checkpoint-malformed' : 'log-signature', cause.what, PATH);
    return undefined;
  }
}

/** Opens a checkpoint by the policy's keys of the log it names. @throws NoteError, CheckpointError */
export function openOwn(bytes: Uint8Array, policy: Policy): { checkpoint: Checkpoint; note: Note } {
  // Parsed first, so that what is no checkpoint at all is not called unsigned.
  parseCheckpoint(parseNote(bytes).text);
  return openCheckpoint(
    bytes,
    policy.logs.map((log) => log.verifier),
  );
}

function judgeQuorum(
  note: Note,
  trust: TrustMaterial,
  findings: Findings,
): Pick<AuditedHead, 'cosigned' | 'witnessedAt'> {
  try {
    const { cosignatures, witnessedAt } = verifyQuorum(note, trust.policy);
    if (witnessedAt !== undefined && witnessedAt > trust.judgedAt + CLOCK_SKEW_SECONDS) {
      findings.add(
        'cosignature-future',
        `cosigned at ${witnessedAt}, which is later than now, ${trust.judgedAt}`,
        PATH,
      );
    }
    return { cosigned: cosignatures.map(({ name }) => name), witnessedAt };
  } catch (cause) {
    if (!(cause instanceof PolicyError) && !(cause instanceof NoteError)) throw cause;
    findings.add(
      'cosignature-missing',
      cause.what,
      PATH,
      'Ask the log, or the witnesses themselves, for the missing cosignatures.',
    );
    return { cosigned: [], witnessedAt: undefined };
  }
}
