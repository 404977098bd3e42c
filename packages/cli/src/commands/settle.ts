/** `assay settle`: says what became of records in an incident's scope. */
import { freshId, type Predicate } from '@assay/core';
import { effective, type Timeline } from '@assay/views';
import { CliError } from '../cli-error.ts';
import { networkCommand } from '../command.ts';
import { asList, asText, WAIT_FLAG, type WaitFlags } from '../flags.ts';
import { handlerOf, peopleOf } from '../incident/handler.ts';
import { openTargets } from '../incident/open-targets.ts';
import { stateText } from '../line/states.ts';
import { sizeToAsk } from '../names/known.ts';
import { findAnyRecord, findRecord, shortId } from '../names/records.ts';
import { clean } from '../report.ts';
import type { Session } from '../session.ts';

type Settle = Predicate<'incident.settle'>;

interface SettleFlags extends WaitFlags {
  readonly state: Settle['state'];
  readonly basis?: readonly string[];
  readonly amount?: string;
  readonly kind?: string;
}

const STATES: readonly Settle['state'][] = [
  'acknowledged',
  'rerun_same',
  'rerun_different',
  'compensated',
  'accepted',
  'not_affected',
  'superseded',
  'disputed',
];

export const settle = networkCommand<SettleFlags, [incident: string, ...records: string[]]>({
  brief: "Record what became of records in an incident's scope",
  examples: [
    'settle 3f2a9c01 9d04be21 --state compensated --basis 41aa07c2 --amount 125000',
    'settle 3f2a9c01 --kind output --state accepted',
  ],
  flags: {
    ...WAIT_FLAG,
    state: { kind: 'enum', values: STATES, brief: 'What became of them' },
    basis: {
      kind: 'parsed',
      parse: asList,
      brief: 'Records it rests on',
      optional: true,
      placeholder: 'ID,ID',
    },
    amount: {
      kind: 'parsed',
      parse: asText,
      brief: "What was given back, in the act's own unit",
      optional: true,
      placeholder: 'VALUE',
    },
    kind: {
      kind: 'parsed',
      parse: asText,
      brief: 'Instead of records: all open ones of this kind (output, payment, decision, …)',
      optional: true,
      placeholder: 'KIND',
    },
  },
  args: {
    kind: 'array',
    minimum: 1,
    parameter: { brief: 'The incident, then the records', parse: asText, placeholder: 'ID' },
  },
  async run(session, flags, incidentName, ...names) {
    const timeline = await session.timeline();
    const opened = findRecord(timeline, incidentName, 'incident.open');
    sizeToAsk(timeline, opened);
    const incident = opened.id;
    const targets = targetsOf(timeline, incident, { names, kind: flags.kind });
    const settled = [];
    for (const target of targets)
      settled.push(await settleOne(session, timeline, { incident, target, flags }));
    return clean({ incident, settled }, [
      ...settled.map(
        ({ target, id, index, was }) =>
          `${shortId(target)}: ${stateText(was)} -> ${stateText(flags.state)}, ${shortId(id)} at index ${index}`,
      ),
      `${settled.length} record${settled.length === 1 ? '' : 's'} settled; the books count them once witnesses have seen this`,
    ]);
  },
});

function targetsOf(
  timeline: Timeline,
  incident: string,
  asked: { readonly names: readonly string[]; readonly kind: string | undefined },
): string[] {
  const { names, kind } = asked;
  if ((kind === undefined) === (names.length === 0)) {
    throw new CliError('usage', {
      what: 'name the records, or their kind',
      fix: 'Give ids after the incident, or --kind KIND.',
    });
  }
  if (kind === undefined) return names.map((name) => findAnyRecord(timeline, name).id);
  return openTargets(timeline, incident).flatMap((row) =>
    (row.type ?? row.kind) === kind ? [row.record] : [],
  );
}

async function settleOne(
  session: Session,
  timeline: Timeline,
  of: { readonly incident: string; readonly target: string; readonly flags: SettleFlags },
): Promise<{ target: string; id: string; index: number; was: string }> {
  const { incident, target, flags } = of;
  const { state, basis, amount, wait } = flags;
  const was = effective(timeline.asOf(), incident, target).state;
  const candidates = session.isKeyGiven ? [session.signatory('owner')] : peopleOf(session.dir);
  const predicate: Settle = {
    incident,
    target,
    state,
    nonce: freshId(session.context.entropy),
    ...(basis === undefined ? {} : { basis: basis.map((name) => findAnyRecord(timeline, name).id) }),
    ...(amount === undefined ? {} : { amount }),
  };
  const as = handlerOf(timeline.registry, target, candidates);
  const { id, index } = await session.publish('incident.settle', predicate, { as, wait });
  return { target, id, index, was };
}
