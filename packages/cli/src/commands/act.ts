/** `assay act`: an agent says what it did, and with which records. */
import type { Predicate } from '@assay/core';
import { canonicalJson } from '@assay/core';
import type { Timeline } from '@assay/views';
import { CliError } from '../cli-error.ts';
import { networkCommand } from '../command.ts';
import { privateNote } from '../content/private-notes.ts';
import { asList, asText, WAIT_FLAG, type WaitFlags } from '../flags.ts';
import { findAnyRecord, shortId } from '../names/records.ts';
import { clean } from '../report.ts';

type Act = Predicate<'act'>;

interface ActFlags extends WaitFlags {
  readonly type: Act['type'];
  readonly reversibility: Act['reversibility'];
  readonly uses: readonly string[];
  readonly amount?: string;
  readonly note?: string;
}

export const act = networkCommand<ActFlags, []>({
  brief: 'Log what an agent did, and what it used',
  examples: [
    'act --type payment --uses 5c1e77aa --reversibility compensable --amount 125000:simulated-usd-cent',
    'act --type workflow --uses 5c1e77aa,77b0c1d2 --reversibility retractable --note "sizing rule 3"',
  ],
  flags: {
    ...WAIT_FLAG,
    type: {
      kind: 'enum',
      values: ['decision', 'workflow', 'payment', 'message', 'memory'],
      brief: 'What was done',
    },
    reversibility: {
      kind: 'enum',
      values: ['retractable', 'compensable', 'irreversible'],
      brief: 'How far it can be undone',
    },
    uses: { kind: 'parsed', parse: asList, brief: 'Records that it used, with commas', placeholder: 'ID,ID' },
    amount: {
      kind: 'parsed',
      parse: asText,
      brief: 'Amount in the smallest unit, and the unit',
      optional: true,
      placeholder: 'VALUE:UNIT',
    },
    note: {
      kind: 'parsed',
      parse: asText,
      brief: 'What was done, in words; the log holds only a commitment to them',
      optional: true,
      placeholder: 'TEXT',
    },
  },
  args: { kind: 'tuple', parameters: [] },
  async run(session, { type, reversibility, uses, amount, note, wait }) {
    const timeline = await session.timeline();
    const used = uses.map((id) => usedRecord(timeline, id));
    const elsewhere = used.filter((id) => timeline.record(id) === undefined);
    const parsed = amount === undefined ? {} : { amount: parseAmount(amount) };
    const words = note ?? canonicalJson({ type, ...parsed });
    const content = privateNote('act', words, session.context.entropy);
    const predicate: Act = { type, reversibility, uses: used, content: content.commitment, ...parsed };
    const { id, index } = await session.publish('act', predicate, {
      as: session.signatory('agent'),
      wait,
      note: content,
    });
    return clean({ id, index, ...predicate }, [
      `${type}, ${reversibility}, using ${used.map(shortId).join(', ') || 'nothing'}`,
      `act ${id} at index ${index}`,
      ...elsewhere.map(
        (each) => `${shortId(each)} is not in this log: who follows both finds the way (--with)`,
      ),
    ]);
  },
});

/** A record of this log by as much of its id as is enough; one of another log by all of it. */
const usedRecord = (timeline: Timeline, name: string): string =>
  /^[0-9a-f]{64}$/.test(name) ? name : findAnyRecord(timeline, name).id;

function parseAmount(text: string): NonNullable<Act['amount']> {
  const [, value, currency] = /^(\d{1,20}):([a-z0-9][a-z0-9._-]{0,63})$/.exec(text) ?? [];
  if (value !== undefined && currency !== undefined) return { value, currency };
  throw new CliError('usage', {
    what: `"${text}" is no amount`,
    fix: 'Write VALUE:UNIT, such as 125000:simulated-usd-cent.',
  });
}
