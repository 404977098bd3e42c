/**
 * Record time over several logs (PROTOCOL 3.4). What witnesses saw of each log between two of its checkpoints is a
 * group; groups stand in the order of (witnessed time, origin), records within one in log order. Laid one after the
 * other they make one sequence, and a record's place in it takes the part that its index has in one log.
 */
import { type CheckpointName, type CosignedPoint, WitnessedTime } from '../registry/index.ts';

/** What is known of one log: its witnessed checkpoints, the last of which is the size it is asked at. */
export interface LogPoints {
  readonly origin: string;
  readonly points: readonly CosignedPoint[];
}

/** Where a record of one log stands among all. */
export interface Place {
  readonly origin: string;
  /** In its own log. */
  readonly index: number;
  /** In the sequence over all logs. */
  readonly position: number;
}

interface Group {
  readonly origin: string;
  readonly time: number;
  /** Indices of its own log, the end exclusive. */
  readonly from: number;
  readonly to: number;
}

/** The time of a sequence over several logs. */
export class JointTime extends WitnessedTime {
  readonly #groups: readonly Group[];
  readonly #named = new Map<string, CosignedPoint>();
  /** By group, the tick of the group before it of the same log. */
  readonly #lower: number[] = [];

  constructor(logs: readonly LogPoints[]) {
    super();
    this.#groups = logs.flatMap(groupsOf).toSorted(inOrder);
    const last = new Map<string, number>();
    let position = 0;
    for (const { origin, time, from, to } of this.#groups) {
      position += to - from;
      // There is no entry that states this checkpoint in the sequence; it stands where it is complete.
      this.add(position, time, position);
      const point = this.newest as CosignedPoint;
      this.#named.set(`${origin} ${to}`, point);
      this.#lower.push(last.get(origin) ?? 0);
      last.set(origin, point.tick);
    }
  }

  /** Every record's place, in order. */
  *places(): Generator<Place> {
    let position = 0;
    for (const { origin, from, to } of this.#groups)
      for (let index = from; index < to; index++) yield { origin, index, position: position++ };
  }

  /** Only checkpoints of its own log were seen before a record: others bound nothing. */
  override notBefore(position: number): number {
    return this.#lower[this.firstAbove(position)] ?? 0;
  }

  override named({ origin, size }: CheckpointName): CosignedPoint | undefined {
    return this.#named.get(`${origin} ${size}`);
  }
}

/** A log's records by the checkpoint that first covers them. */
function groupsOf({ origin, points }: LogPoints): Group[] {
  return points.map(({ size, time }, i) => ({ origin, time, from: points[i - 1]?.size ?? 0, to: size }));
}

function inOrder(a: Group, b: Group): number {
  if (a.time !== b.time) return a.time - b.time;
  if (a.origin !== b.origin) return a.origin < b.origin ? -1 : 1;
  return a.from - b.from;
}
