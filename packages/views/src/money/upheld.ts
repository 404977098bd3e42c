/** Whether an incident moves money: its model's owner must stand behind it (PROTOCOL 2.2, 7.6). */
import type { Timeline } from '../timeline/index.ts';
import { mayActOn } from '../registry/index.ts';

/** The permission that lets a key uphold an owner's incidents. */
const PERMISSION = 'incident.settle';

/**
 * Whether the owner of `model`, or a key that it granted this, opened the incident or endorsed it, as known at `size`.
 * Anybody joined may open an incident; one that only others stand behind reaches everything and moves nothing.
 */
export function isUpheldFor(
  timeline: Timeline,
  of: { readonly incident: string; readonly model: string; readonly size: number },
): boolean {
  const { incident, model, size } = of;
  const owns = (signer: string): boolean =>
    mayActOn(timeline.registry, signer, model, PERMISSION) === undefined;
  const opened = timeline.statementsOf(incident).filter(({ index }) => index < size);
  if (opened.some(({ kind, signer }) => kind === 'incident.open' && owns(signer))) return true;
  for (const { kind, signer, predicate, index } of timeline.records()) {
    if (kind === 'endorse' && index < size && predicate.record === incident && owns(signer)) return true;
  }
  return false;
}
