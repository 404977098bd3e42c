/** One output's whole story: what served it, what was announced for it, and whether they agree. */
import type { AsOf } from '../as-of.ts';
import { LineageError } from '../error.ts';
import { divergenceOf, type Verdict } from './divergence.ts';
import { servedBy, type Served } from './served.ts';
import { segmentAt, timeline } from './timeline.ts';

export interface Who {
  readonly served: Served;
  readonly verdict: Verdict;
  readonly node: string;
  readonly channel: string;
  readonly pin: string | null;
  readonly copyOf: string | null;
  /** When it was made; lo = hi = t for a point. */
  readonly bracket: { readonly lo: number; readonly t: number; readonly hi: number };
  /** What the channel announced at `t`, as known then. */
  readonly announced: ReadonlyMap<string, number>;
}

/**
 * @param grace ticks either side in which a mismatch is a `straddle`
 * @throws LineageError `unknown-record` when no such output is known at the prefix
 */
export function who(prefix: AsOf, output: string, grace = 0): Who {
  const { table, records, nodes, channels, versions } = prefix.ledger;
  const id = records.find(output);
  if (!table.isOutput(id, prefix.known)) {
    throw new LineageError('unknown-record', {
      what: `no output "${output}" is known at position ${prefix.known}`,
      fix: 'Check the id, or ask at a later position.',
    });
  }
  const segments = timeline(prefix, table.channel.at(id), 'as-known');
  const target = segments[segmentAt(segments, table.t.at(id))]?.to ?? new Map<number, number>();
  const [pin, copyOf] = [table.pin.at(id), table.copyOf.at(id)];
  return {
    served: servedBy(prefix, id),
    verdict: divergenceOf(prefix, id, grace),
    node: nodes.text(table.node.at(id)),
    channel: channels.text(table.channel.at(id)),
    pin: pin === 0 ? null : versions.text(pin),
    copyOf: copyOf === 0 ? null : records.text(copyOf),
    bracket: { lo: table.lo(id), t: table.t.at(id), hi: table.hi(id) },
    announced: new Map([...target].map(([version, weight]) => [versions.text(version), weight])),
  };
}
