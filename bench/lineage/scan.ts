/** The reference: one forward scan over the world, with nothing of the index. */
import { emptyRecord, type World } from './world.ts';
import { preparedPositions } from './load.ts';

export interface Suspect {
  /** Bad version, by number, and the half-open window. */
  readonly version: number;
  readonly from: number;
  readonly to: number;
}

export interface Scanned {
  /** 1 where a record is affected, 2 where it is possible only; indexed by id. */
  readonly marks: Uint8Array;
  readonly affected: number;
  readonly possible: number;
}

/** Scope by forward scans: parents come before children, but for the late edges, so it is repeated until it rests. */
export function scan(world: World, suspect: Suspect, known: number): Scanned {
  const marks = new Uint8Array(world.size + 1);
  const visible = Math.min(world.size, known - preparedPositions(world));
  const late = world.lateEdges().slice(0, Math.max(0, known - preparedPositions(world) - world.size));
  for (let changed = true; changed;) {
    pass(world, suspect, visible, marks);
    changed = false;
    for (const [source, target] of late) {
      const carried = (marks[source] as number) & ~(marks[target] as number);
      if (carried === 0) continue;
      marks[target] = (marks[target] as number) | carried;
      changed = true;
    }
  }
  return count(marks);
}

/** Bit 1: affected; bit 2: possible. */
function pass(world: World, suspect: Suspect, visible: number, marks: Uint8Array): void {
  const record = emptyRecord();
  const [channel, k] = [
    Math.floor((suspect.version - 1) / world.promotions),
    (suspect.version - 1) % world.promotions,
  ];
  const [announcedFrom, announcedTo] = [
    world.promotedAt(k),
    k === world.promotions - 1 ? Infinity : world.promotedAt(k + 1),
  ];
  for (let id = 1; id <= visible; id++) {
    world.record(id, record);
    let mark = marks[id] as number;
    for (const parent of record.parents) mark |= marks[parent] as number;
    if (!record.isAct && record.t >= suspect.from && record.t < suspect.to) {
      if (record.version === suspect.version) mark |= 1;
      const announced = record.channel === channel && record.t >= announcedFrom && record.t < announcedTo;
      if (record.version === 0 && announced) mark |= 2;
    }
    marks[id] = mark;
  }
}

function count(marks: Uint8Array): Scanned {
  let affected = 0;
  let possible = 0;
  for (let id = 1; id < marks.length; id++) {
    if (((marks[id] as number) & 1) !== 0) marks[id] = 1;
    if (marks[id] === 1) affected++;
    else if (marks[id] === 2) possible++;
  }
  return { marks, affected, possible };
}
