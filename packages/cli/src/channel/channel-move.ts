/** The shape that every command which moves a channel has: a channel, where it is to point, and why. */
import type { Command, FlagParametersForType } from '@stricli/core';
import { WEIGHT_TOTAL } from '@assay/core';
import type { Registry } from '@assay/views';
import type { CliContext } from '../cli-context.ts';
import { networkCommand } from '../command.ts';
import { asText, WAIT_FLAG, type WaitFlags } from '../flags.ts';
import { findVersion } from '../names/models.ts';
import { decide, type Move } from './decide.ts';

/** A command that moves a channel. */
export interface ChannelMove<Flags extends object> {
  readonly brief: string;
  /** One to three command lines without `npx assay`. */
  readonly examples: readonly string[];
  readonly flags: FlagParametersForType<Flags, CliContext>;
  /** Where the channel is to point, and what else the decision says, by what was asked. */
  readonly move: (flags: Flags) => Pick<Move, 'to' | 'effective' | 'incident'>;
}

/** The command. */
export function channelMove<Flags extends object>({
  brief,
  examples,
  flags,
  move,
}: ChannelMove<Flags>): Command<CliContext> {
  return networkCommand<Flags & WaitFlags, [channel: string]>({
    brief,
    examples,
    // Each half is checked against its own type; their union is what the command takes.
    flags: { ...WAIT_FLAG, ...flags } as FlagParametersForType<Flags & WaitFlags, CliContext>,
    args: {
      kind: 'tuple',
      parameters: [{ brief: 'Channel, as MODEL/CHANNEL', parse: asText, placeholder: 'CHANNEL' }],
    },
    run: (session, asked, channel) => decide(session, { channel, wait: asked.wait, ...move(asked) }),
  });
}

/** `--to` of a move that names one version. */
export const TO_FLAG: FlagParametersForType<{ readonly to: string }, CliContext> = {
  to: {
    kind: 'parsed',
    parse: asText,
    brief: 'Version: label, model@label or digest',
    placeholder: 'VERSION',
  },
};

/** All of the channel for one version of its model. */
export const wholly =
  (version: string): Move['to'] =>
  (registry: Registry, model: string) => ({ [findVersion(registry, version, model).digest]: WEIGHT_TOTAL });
