/** Moves a channel and says what that move was: its label is computed from before and after, never stated. */
import { freshId, type Predicate } from '@assay/core';
import type { Registry } from '@assay/views';
import { channelName, shortChannel } from '../names/channels.ts';
import { nameOfVersion } from '../names/models.ts';
import { findRecord } from '../names/records.ts';
import { parseMoment } from '../names/times.ts';
import { clean, type Report } from '../report.ts';
import type { Wait } from '@assay/services';
import type { Session } from '../session.ts';
import { weightsText } from './weights.ts';

/** A move as asked for. */
export interface Move {
  readonly channel: string;
  /** Weights by version digest, from the registry and the channel's model. */
  readonly to: (registry: Registry, model: string) => Record<string, number>;
  readonly incident?: string;
  readonly effective?: string;
  readonly wait: Wait;
}

/** Signs and logs the move. @throws CliError, LogClientError */
export async function decide(session: Session, move: Move): Promise<Report> {
  const timeline = await session.timeline();
  const { registry } = timeline;
  const channel = channelName(registry, move.channel);
  const to = move.to(registry, channel.slice(0, channel.lastIndexOf('/')));
  const before = registry.channels.get(channel)?.decisions.at(-1)?.to ?? {};
  const predicate: Predicate<'channel.decide'> = {
    channel,
    to,
    nonce: freshId(session.context.entropy),
    ...(move.effective === undefined ? {} : { effective: parseMoment(registry, move.effective) }),
    ...(move.incident === undefined
      ? {}
      : { incident: findRecord(timeline, move.incident, 'incident.open').id }),
  };
  const as = session.signatory('owner');
  const { id, index } = await session.publish('channel.decide', predicate, { as, wait: move.wait });
  const label = registry.channels.decision(id)?.decision.label ?? 'adjust';
  const name = (digest: string): string => nameOfVersion(registry, digest);
  const data = { id, index, channel, label, before, to };
  return clean(data, [
    `${shortChannel(channel)}: ${label}, ${weightsText(before, name)} -> ${weightsText(to, name)}`,
    `decision ${id} at index ${index}, ${consequenceOf(label, move.wait)}`,
  ]);
}

function consequenceOf(label: string, wait: Wait): string {
  if (label === 'rollback' || label === 'stop') return 'obeyed by nodes at once';
  return wait === 'witnessed' ? 'witnessed, so nodes obey it' : 'obeyed once witnesses have seen it';
}
