/** One timeline over several logs, as known at a size of each (PROTOCOL 3.4): a pure function of those prefixes. */
import type { Kind, LogRecord } from '@assay/core';
import type { WitnessedTime } from '../registry/index.ts';
import { JointTime, type Place } from './joint-time.ts';
import { Timeline } from './timeline.ts';

/** A log as its reader has it. */
export interface ReadLog {
  readonly origin: string;
  readonly time: WitnessedTime;
  /** Readable records by index, whether they count or not: that is judged again over all logs. */
  readonly records: readonly (LogRecord | undefined)[];
}

/** Witnessed sizes by origin: what is known when a question is asked. */
export type KnownAt = ReadonlyMap<string, number>;

/** Statements about their own log and its sizes, which mean nothing in a sequence over several. */
const OF_ONE_LOG: ReadonlySet<Kind> = new Set([
  'checkpoint.cosigned',
  'view.root',
  'rules.activate',
  'parameters.set',
  'log.succeed',
  'scope.attest',
  'incident.close',
]);

/** A timeline over several logs, and the way back from its places to each log's own. */
export class JointTimeline extends Timeline {
  readonly knownAt: KnownAt;
  readonly #places: readonly Place[];

  /**
   * Folds every log up to its size in `knownAt`, the newest witnessed where it is not named. Authority is judged in
   * this order as in one log, so that a key that joined either counts in both.
   *
   * @throws KnownAtError for a size that was never witnessed and logged
   */
  constructor(logs: readonly ReadLog[], knownAt: KnownAt = new Map()) {
    const known = new Map(logs.map((log) => [log.origin, sizeOf(log, knownAt)]));
    const points = logs.map(({ origin, time }) => ({
      origin,
      points: time.points.filter(({ size }) => size <= (known.get(origin) ?? 0)),
    }));
    const time = new JointTime(points);
    super(() => undefined, time);
    this.knownAt = known;
    this.#places = [...time.places()];
    const records = new Map(logs.map((log) => [log.origin, log.records]));
    for (const { origin, index, position } of this.#places) {
      const record = records.get(origin)?.[index];
      if (record === undefined || OF_ONE_LOG.has(record.kind)) this.skip();
      else this.apply({ ...record, index: position });
    }
    this.settle();
  }

  override placeOf(position: number): { readonly origin: string | undefined; readonly index: number } {
    return this.#places[position] ?? { origin: undefined, index: position };
  }
}

function sizeOf({ origin, time }: ReadLog, knownAt: KnownAt): number {
  const size = knownAt.get(origin);
  if (size === undefined) return time.newest?.size ?? 0;
  if (size > 0) time.require(size);
  return size;
}
