/** `assay canary`: splits a channel between versions by weight. */
import { decide } from '../channel/decide.ts';
import { parseWeights } from '../channel/weights.ts';
import { networkCommand } from '../command.ts';
import { asText, WAIT_FLAG, type WaitFlags } from '../flags.ts';

interface CanaryFlags extends WaitFlags {
  readonly to: readonly string[];
}

export const canary = networkCommand<CanaryFlags, [channel: string]>({
  brief: 'Split a channel between versions',
  examples: ['canary sp500-vol/prod --to v1=90% --to v2=10%'],
  flags: {
    ...WAIT_FLAG,
    to: {
      kind: 'parsed',
      parse: asText,
      brief: 'A version and its share; all shares add up to 100 %',
      variadic: true,
      placeholder: 'VERSION=PERCENT%',
    },
  },
  args: {
    kind: 'tuple',
    parameters: [{ brief: 'Channel, as MODEL/CHANNEL', parse: asText, placeholder: 'CHANNEL' }],
  },
  run: (session, { to, wait }, channel) =>
    decide(session, { channel, wait, to: (registry, model) => parseWeights(registry, model, to) }),
});
