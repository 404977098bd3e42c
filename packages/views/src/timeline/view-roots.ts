/** The roots of all views at a witnessed size, and when the log's operator must state them (PROTOCOL 4.6). */
import { hex, type Predicate, sha256, utf8 } from '@assay/core';
import { lineageRoot } from '../lineage/lineage-root.ts';
import { registryRoot } from '../registry/index.ts';
import type { Timeline } from './timeline.ts';

/** The rules by which views of this version read a log; a new rule set gets a new name, and this one stays runnable. */
export const RULES = `sha256:${hex(sha256(utf8('assay rules 1')))}`;

/** Fewest entries between two view roots. */
export const VIEW_ROOT_INTERVAL = 64;

/**
 * The roots as of `size`, of a timeline that has folded every record below it and knows when it was witnessed.
 *
 * @throws KnownAtError when `size` was never witnessed and logged
 */
export function viewRootsAt(timeline: Timeline, size: number): Predicate<'view.root'>['roots'] {
  return { registry: registryRoot(timeline.registry, size), lineage: lineageRoot(timeline.asOf(size)) };
}

/**
 * Whether a view root is due at witnessed `size` when the last was stated at `last` (0: none yet). The interval grows
 * with the log, by an eighth of it, so that stating and checking all roots costs a constant factor of reading it.
 */
export function isViewRootDue(size: number, last: number): boolean {
  return size >= last + Math.max(VIEW_ROOT_INTERVAL, Math.floor(last / 8));
}
