/** `assay canary`: splits a channel between versions by weight. */
import { channelMove } from '../channel/channel-move.ts';
import { parseWeights } from '../channel/weights.ts';
import { asText } from '../flags.ts';

export const canary = channelMove<{ readonly to: readonly string[] }>({
  brief: 'Split a channel between versions',
  examples: ['canary sp500-vol/prod --to v1=90% --to v2=10%'],
  flags: {
    to: {
      kind: 'parsed',
      parse: asText,
      brief: 'A version and its share; all shares add up to 100 %',
      variadic: true,
      placeholder: 'VERSION=PERCENT%',
    },
  },
  move: ({ to }) => ({ to: (registry, model) => parseWeights(registry, model, to) }),
});
