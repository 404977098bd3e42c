/** `assay promote`: gives a channel wholly to one version. */
import { WEIGHT_TOTAL } from '@assay/core';
import { decide } from '../channel/decide.ts';
import { networkCommand } from '../command.ts';
import { asText, WAIT_FLAG, type WaitFlags } from '../flags.ts';
import { findVersion } from '../names/models.ts';

interface PromoteFlags extends WaitFlags {
  readonly to: string;
  readonly effective?: string;
}

export const promote = networkCommand<PromoteFlags, [channel: string]>({
  brief: 'Point a channel at one version',
  examples: ['promote sp500-vol/prod --to v2', 'promote sp500-vol/prod --to v2 --wait witnessed'],
  flags: {
    ...WAIT_FLAG,
    to: {
      kind: 'parsed',
      parse: asText,
      brief: 'Version: label, model@label or digest',
      placeholder: 'VERSION',
    },
    effective: {
      kind: 'parsed',
      parse: asText,
      brief: 'Moment it is said to act from; it never acts before it is recorded',
      optional: true,
      placeholder: 'TIME',
    },
  },
  args: {
    kind: 'tuple',
    parameters: [{ brief: 'Channel, as MODEL/CHANNEL', parse: asText, placeholder: 'CHANNEL' }],
  },
  run: (session, { to, effective, wait }, channel) =>
    decide(session, {
      channel,
      wait,
      to: (registry, model) => ({ [findVersion(registry, to, model).digest]: WEIGHT_TOTAL }),
      ...(effective === undefined ? {} : { effective }),
    }),
});
