/** `assay promote`: gives a channel wholly to one version. */
import { channelMove, TO_FLAG, wholly } from '../channel/channel-move.ts';
import { asText } from '../flags.ts';

interface PromoteFlags {
  readonly to: string;
  readonly effective?: string;
}

export const promote = channelMove<PromoteFlags>({
  brief: 'Point a channel at one version',
  examples: ['promote sp500-vol/prod --to v2', 'promote sp500-vol/prod --to v2 --wait witnessed'],
  flags: {
    ...TO_FLAG,
    effective: {
      kind: 'parsed',
      parse: asText,
      brief: 'Moment it is said to act from; it never acts before it is recorded',
      optional: true,
      placeholder: 'TIME',
    },
  },
  move: ({ to, effective }) => ({ to: wholly(to), ...(effective === undefined ? {} : { effective }) }),
});
