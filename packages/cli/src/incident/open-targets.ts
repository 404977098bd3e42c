/** What in an incident's scope still needs somebody. */
import { reachRows, type ReachRow, type Timeline } from '@assay/views';
import { isSettled } from '../line/states.ts';

/** Rows of the scope, as known at the newest witnessed size, that are in no terminal state. */
export const openTargets = (timeline: Timeline, incident: string): ReachRow[] =>
  [...reachRows(timeline.asOf(), incident)].filter(
    ({ state, kind }) => kind !== 'mentioned' && !isSettled(state),
  );
