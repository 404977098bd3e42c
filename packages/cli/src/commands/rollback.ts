/** `assay rollback`: takes a channel back to a version that is named; "the previous one" is ambiguous. */
import { WEIGHT_TOTAL } from '@assay/core';
import { decide } from '../channel/decide.ts';
import { networkCommand } from '../command.ts';
import { asText, WAIT_FLAG, type WaitFlags } from '../flags.ts';
import { findVersion } from '../names/models.ts';

interface RollbackFlags extends WaitFlags {
  readonly to: string;
  readonly incident?: string;
}

export const rollback = networkCommand<RollbackFlags, [channel: string]>({
  brief: 'Take a channel back to a named version; nodes obey at once',
  examples: ['rollback sp500-vol/prod --to v1', 'rollback sp500-vol/prod --to v1 --incident 3f2a9c01'],
  flags: {
    ...WAIT_FLAG,
    to: {
      kind: 'parsed',
      parse: asText,
      brief: 'Version: label, model@label or digest',
      placeholder: 'VERSION',
    },
    incident: {
      kind: 'parsed',
      parse: asText,
      brief: 'Incident that it answers',
      optional: true,
      placeholder: 'ID',
    },
  },
  args: {
    kind: 'tuple',
    parameters: [{ brief: 'Channel, as MODEL/CHANNEL', parse: asText, placeholder: 'CHANNEL' }],
  },
  run: (session, { to, incident, wait }, channel) =>
    decide(session, {
      channel,
      wait,
      to: (registry, model) => ({ [findVersion(registry, to, model).digest]: WEIGHT_TOTAL }),
      ...(incident === undefined ? {} : { incident }),
    }),
});
