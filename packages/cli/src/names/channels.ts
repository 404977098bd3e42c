/** Channels by the names people use. */
import type { Channel, Registry } from '@assay/views';
import { CliError } from '../cli-error.ts';
import { findModel, unclear } from './models.ts';

/**
 * The full name of `name`: a full name as it is, or `model/channel` with the model's short name. The channel need not
 * exist yet: the first decision makes it.
 *
 * @throws CliError
 */
export function channelName(registry: Registry, name: string): string {
  const slash = name.lastIndexOf('/');
  if (slash <= 0) {
    throw new CliError('usage', {
      what: `"${name}" names no channel`,
      fix: 'Write MODEL/CHANNEL, such as fraud/prod.',
    });
  }
  return `${findModel(registry, name.slice(0, slash)).name}/${name.slice(slash + 1)}`;
}

/** A channel that some decision moved. @throws CliError `unknown-name` */
export function findChannel(registry: Registry, name: string): Channel {
  const full = channelName(registry, name);
  const channel = registry.channels.get(full);
  if (channel !== undefined) return channel;
  const known = [...registry.channels.all].map((each) => shortChannel(each.name));
  throw unclear('channel', name, { matches: [], known });
}

/** `model/channel` of a channel's full name. */
export const shortChannel = (full: string): string => full.slice(full.indexOf('/') + 1);
