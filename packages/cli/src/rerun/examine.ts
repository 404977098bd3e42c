/** One output re-executed: which version really made it, and whether a good version would have said the same. */
import { decodeTensors, type LogRecord } from '@assay/core';
import type { RerunResult } from '@assay/views';
import type { OpenedPayload } from '../content/payloads.ts';
import { decimalText, difference, toleranceOf } from './difference.ts';
import type { Materiality } from './materiality.ts';
import type { Referee } from './referee.ts';

/** An output and what it could have been made by. */
export interface Suspect {
  readonly receipt: LogRecord & { readonly kind: 'output.receipt' };
  readonly payload: OpenedPayload;
  /** Digests that may have made it: what its receipt says, and what the incident is about. */
  readonly candidates: readonly string[];
  /** The good version. */
  readonly on: string;
}

/** What was found. */
export interface Examined {
  /** The one candidate that gives the recorded output; absent when none or several do. */
  readonly madeBy?: { readonly version: string; readonly difference: string; readonly tolerance: string };
  readonly result: RerunResult;
}

/** Re-executes. Runs recorded inputs only, so it performs no act (I11). @throws CliError, EngineError */
export async function examine(suspect: Suspect, referee: Referee, material: Materiality): Promise<Examined> {
  const { payload, candidates, on } = suspect;
  const recorded = decodeTensors(payload.outputBytes);
  const makers: NonNullable<Examined['madeBy']>[] = [];
  let good: RerunResult = 'undetermined';
  for (const version of new Set([...candidates, on])) {
    const { manifest, outputs } = await referee.run(version, payload.inputBytes);
    const [apart, tolerance] = [difference(recorded, outputs, manifest), toleranceOf(manifest)];
    if (apart <= tolerance)
      makers.push({ version, difference: decimalText(apart), tolerance: decimalText(tolerance) });
    if (version === on) good = material(recorded, outputs);
  }
  const [only] = makers;
  return { result: good, ...(only !== undefined && makers.length === 1 ? { madeBy: only } : {}) };
}
