/** Which versions a channel announced at a moment, with their weights. */
import type { AsOf } from '../as-of.ts';
import { segmentAt, timeline } from './timeline.ts';

/**
 * @param options.corrected takes decisions' effective times as they stand, instead of when they could act
 * @returns weights as decided, zeros included; empty before any decision and for an unknown channel
 */
export function announced(
  prefix: AsOf,
  channel: string,
  options: { at: number; corrected?: boolean },
): ReadonlyMap<string, number> {
  const segments = timeline(
    prefix,
    prefix.ledger.channels.find(channel),
    options.corrected ? 'corrected' : 'as-known',
  );
  const segment = segments[segmentAt(segments, options.at)];
  return new Map(
    [...(segment?.to ?? [])].map(([version, weight]) => [prefix.ledger.versions.text(version), weight]),
  );
}
