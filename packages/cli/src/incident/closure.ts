/** Whether an incident is closed as of some size, by what stands in the log. */
import type { Predicate } from '@assay/core';
import { type Closure, closureAt, type LoggedClose, type StatedSample, type Timeline } from '@assay/views';
import { attestationsAt } from './attestations.ts';

/**
 * Where an incident stands as known at a witnessed size. A close speaks of a size before itself, so at the newest one
 * it counts at once: an idle log logs no checkpoint over its last entry.
 */
export function closureOf(timeline: Timeline, incident: string, knownAt: number): Closure {
  const end = knownAt === timeline.witnessedSize ? timeline.size : knownAt;
  const closes = closesOf(timeline, incident).filter(({ index }) => index < end);
  return closureAt(timeline.asOf(knownAt), incident, closes);
}

/** One line for people; nothing of an incident that was never closed. */
export function closureText(closure: Closure): string | undefined {
  if (closure.state === 'open') return undefined;
  const closed = `closed as of log size ${closure.by.size}`;
  if (closure.state === 'closed') return closed;
  const reasons = closure.why.length === 1 ? 'one reason' : `${closure.why.length} reasons`;
  return `was ${closed}, and reopened by what came later: ${reasons}`;
}

/** Every close in the log, with the operators behind the attestations that it names. */
function closesOf(timeline: Timeline, incident: string): LoggedClose[] {
  const closes: LoggedClose[] = [];
  for (const { id, index, predicate } of timeline.records('incident.close')) {
    if (predicate.incident !== incident) continue;
    const { root, attests, sample } = predicate;
    const size = Number(predicate.size);
    const operators = attestationsAt(timeline, incident, size)
      .filter((each) => each.index < index && each.root === root && attests.includes(each.id))
      .map(({ operator }) => operator);
    closes.push({
      id,
      index,
      size,
      root,
      operators,
      ...(sample === undefined ? {} : { sample: stated(sample) }),
    });
  }
  return closes;
}

function stated(sample: NonNullable<Predicate<'incident.close'>['sample']>): StatedSample {
  const { size, of, drawn, seed, bound } = sample;
  return { size: Number(size), of: Number(of), drawn: Number(drawn), seed, bound };
}
