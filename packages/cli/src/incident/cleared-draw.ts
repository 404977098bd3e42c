/** The draw from the outputs that only suspect nodes clear: how it is asked for, and what seeds it. */
import { fromHex, hex, type Predicate, sha256, utf8 } from '@assay/core';
import { parseCheckpoint, parseNote } from '@assay/log';
import { clearedSample, type ClearedSample, type Timeline } from '@assay/views';
import { CliError } from '../cli-error.ts';

/** What of a draw is asked for at the command line. */
export interface DrawAsked {
  /** How many to draw. */
  readonly sample: number;
  /** Witnessed size as of which the set is taken. */
  readonly drawnAt: number;
  /** Hex; follows from the log when absent. */
  readonly seed?: string | undefined;
}

/** A draw, and what came of it so far. */
export interface Drawn extends ClearedSample {
  readonly size: number;
  /** Hex. */
  readonly seed: string;
}

/** Repeats a draw and judges it as known at `knownAt`. @throws CliError `not-yet`; KnownAtError */
export function drawCleared(
  timeline: Timeline,
  of: { readonly incident: string; readonly knownAt: number; readonly draw: DrawAsked },
): Drawn {
  const { incident, knownAt, draw } = of;
  const size = draw.drawnAt;
  const seed = draw.seed ?? seedAt(timeline, incident, size);
  const drawing = { at: timeline.asOf(size), seed: fromHex(seed), count: draw.sample };
  return { ...clearedSample(timeline.asOf(knownAt), incident, drawing), size, seed };
}

/** A draw as a certificate records it; nothing of a draw from an empty set. */
export function sampleOf({ size, of, drawn, seed, bound }: Drawn): Predicate<'incident.close'>['sample'] {
  if (of === 0) return undefined;
  return { size: String(size), of: String(of), drawn: String(drawn.length), seed, bound };
}

/** Everything that keeps a draw from standing for the set, for people. */
export function reasonsAgainst({ drawn, unexamined, different, uncovered }: Drawn): string[] {
  const reasons: string[] = [];
  if (unexamined.length > 0)
    reasons.push(`${unexamined.length} of ${drawn.length} drawn outputs are not re-executed yet`);
  if (different.length > 0)
    reasons.push(
      `${different.length} of ${drawn.length} drawn outputs were not made by what their receipts say: re-run the whole set`,
    );
  if (uncovered.length > 0)
    reasons.push(`${uncovered.length} outputs came into the set after the draw: draw again`);
  return reasons;
}

/** What a draw shows, in words. */
export const boundText = ({ drawn, of, bound, seed }: Drawn): string =>
  drawn.length === of
    ? `all ${of} outputs that only suspect nodes cleared are re-executed, none different`
    : `accepted by sampling: ${drawn.length} of ${of} drawn with seed ${seed}, none different; at most ${bound} of them may be, at 95 % confidence`;

/**
 * SHA-256 of the set's name and the root that witnesses signed over it: fixed only after the set was. An operator of
 * the log that nobody watches could still try several roots; who cannot rest on that gives a seed from elsewhere.
 */
function seedAt(timeline: Timeline, incident: string, size: number): string {
  for (const { predicate } of timeline.records('checkpoint.cosigned')) {
    if (Number(predicate.size) !== size) continue;
    const { root } = parseCheckpoint(parseNote(utf8(predicate.note)).text);
    return hex(sha256(utf8(`assay cleared sample v1\n${incident}\n${size}\n${hex(root)}\n`)));
  }
  throw new CliError('not-yet', {
    what: `no witnessed checkpoint of size ${size} is in the log, so nothing fixes the draw`,
    fix: 'Name the size that "rerun --cleared" printed.',
  });
}
