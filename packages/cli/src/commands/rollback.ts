/** `assay rollback`: takes a channel back to a version that is named; "the previous one" is ambiguous. */
import { channelMove, TO_FLAG, wholly } from '../channel/channel-move.ts';
import { asText } from '../flags.ts';

interface RollbackFlags {
  readonly to: string;
  readonly incident?: string;
}

export const rollback = channelMove<RollbackFlags>({
  brief: 'Take a channel back to a named version; nodes obey at once',
  examples: ['rollback sp500-vol/prod --to v1', 'rollback sp500-vol/prod --to v1 --incident 3f2a9c01'],
  flags: {
    ...TO_FLAG,
    incident: {
      kind: 'parsed',
      parse: asText,
      brief: 'Incident that it answers',
      optional: true,
      placeholder: 'ID',
    },
  },
  move: ({ to, incident }) => ({ to: wholly(to), ...(incident === undefined ? {} : { incident }) }),
});
