/** `assay log checkpoint`: the newest witnessed checkpoint, judged by the reader's own policy. */
import { fromUtf8, hex } from '@assay/core';
import { describeQuorum, openWitnessedCheckpoint } from '@assay/log';
import { networkCommand } from '../command.ts';
import { momentOf } from '../line/clock-text.ts';
import { clean } from '../report.ts';

export const logCheckpoint = networkCommand<object, []>({
  brief: 'Show the newest checkpoint that the witnesses of your policy signed',
  examples: ['log checkpoint', 'log checkpoint --log https://log.example --policy my.policy'],
  flags: {},
  args: { kind: 'tuple', parameters: [] },
  async run(session) {
    const note = await session.log.checkpoint();
    const { checkpoint, cosignatures, witnessedAt } = openWitnessedCheckpoint(note, session.policy);
    const { origin, size } = checkpoint;
    const root = hex(checkpoint.root);
    const data = { origin, size, root, witnessedAt: witnessedAt ?? null, cosignatures, note: fromUtf8(note) };
    return clean(data, [
      `${origin}, ${size} entries`,
      `root ${root}`,
      `asked for: ${describeQuorum(session.policy.quorum)}`,
      ...cosignatures.map(({ name, timestamp }) => `cosigned by ${name} at ${momentOf(timestamp)}`),
      ...(witnessedAt === undefined ? [] : [`so the quorum had seen it by ${momentOf(witnessedAt)}`]),
    ]);
  },
});
