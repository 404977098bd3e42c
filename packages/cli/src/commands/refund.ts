/** `assay refund`: gives every charge that an upheld incident affects back, as one class refund (PROTOCOL 7.6). */
import { setTimeout as sleep } from 'node:timers/promises';
import { freshId } from '@assay/core';
import { effective, type Timeline } from '@assay/views';
import { networkCommand } from '../command.ts';
import { asText, WAIT_FLAG, type WaitFlags } from '../flags.ts';
import { handlerOf, peopleOf } from '../incident/handler.ts';
import { sizeToAsk } from '../names/known.ts';
import { findRecord, shortId } from '../names/records.ts';
import { finding } from '../report.ts';
import type { Session } from '../session.ts';
import { askSettler, refusalOf, type SettlerAnswer } from '../settlement/settler-client.ts';
import { vetoedRefunds, vetoText } from '../settlement/vetoed.ts';
import { moneyText } from '../wallet/report.ts';
import { counted } from '../words.ts';

interface RefundFlags extends WaitFlags {
  readonly incident: string;
}

/** One refund of an incident, as the settler answers (specs/serving.md §6). */
interface Round {
  readonly round: number;
  readonly count: number;
  readonly total: string;
  readonly shortfall: string;
  readonly receipts: readonly string[];
  readonly txs: readonly string[];
  readonly logged: { readonly id: string; readonly index: number };
}

/** The newest, and those before it: charges that came to light later are given back in a further round. */
interface Outcome extends Round {
  readonly earlier: readonly Round[];
}

/** Refusals that pass by themselves. */
const PASSING: ReadonlySet<unknown> = new Set(['unposted', 'veto-window']);

/** How often a settler is asked again whose batches witnesses have not seen yet. */
const TRIES = 60;
const PAUSE_MS = 500;

export const refund = networkCommand<RefundFlags, []>({
  brief: 'Give back every charge that an upheld incident affects, and record that',
  examples: ['refund --incident 3f2a9c01', 'refund --incident 3f2a9c01 --json'],
  flags: {
    ...WAIT_FLAG,
    incident: { kind: 'parsed', parse: asText, brief: 'The incident', placeholder: 'INCIDENT' },
  },
  args: { kind: 'tuple', parameters: [] },
  async run(session, flags) {
    const timeline = await session.timeline();
    const opened = findRecord(timeline, flags.incident, 'incident.open');
    sizeToAsk(timeline, opened);
    const answer = await ask(session, opened.id);
    if (!answer.ok) throw refusalOf(answer, await stoppedBy(session, opened.id, answer));
    const outcome = answer.body as unknown as Outcome;
    const settled: string[] = [];
    for (const round of [...outcome.earlier, outcome]) {
      settled.push(...(await recordAll(session, { incident: opened.id, outcome: round, flags })));
    }
    const [total, shortfall] = [BigInt(outcome.total), BigInt(outcome.shortfall)];
    const short = shortfall > 0n;
    const again = outcome.logged.index < timeline.registry.size;
    return finding(short, { ...outcome, incident: opened.id, settled }, [
      `${counted(outcome.count, 'charge')}, ${moneyText(session, String(total - shortfall))} ${again ? 'had been ' : ''}given back in ${counted(outcome.txs.length, 'transaction')}`,
      ...(short
        ? [
            `${moneyText(session, String(shortfall))} could not be covered by credits, fees and stake; payers share that pro rata`,
          ]
        : []),
      ...(outcome.round === 1
        ? []
        : [
            `this is refund ${outcome.round} of the incident, for charges that came to light since the one before`,
          ]),
      `refund ${shortId(outcome.logged.id)} at index ${outcome.logged.index}; ${counted(settled.length, 'record')} settled as compensated`,
    ]);
  },
});

/** Where the log says that the refund was vetoed; undefined where it was not, or the log does not say so yet. */
async function stoppedBy(
  session: Session,
  incident: string,
  { body }: SettlerAnswer,
): Promise<string | undefined> {
  if (body['code'] !== 'vetoed') return undefined;
  const veto = vetoedRefunds(await session.freshTimeline(), incident).at(-1);
  return veto === undefined ? undefined : vetoText(veto);
}

/** Charges can be given back once their batch is posted, logged and witnessed, and once nobody can veto it any more. */
async function ask(session: Session, incident: string): Promise<SettlerAnswer> {
  const path = `/assay/v1/refunds/${incident}`;
  for (let tried = 1; ; tried++) {
    const answer = await askSettler(session, path, session.signatory('owner'));
    if (answer.ok || !PASSING.has(answer.body['code']) || tried === TRIES) return answer;
    await sleep(PAUSE_MS);
  }
}

/** Says in the log, for each output, that it was compensated by the refund. What is recorded already is left. */
async function recordAll(
  session: Session,
  of: { readonly incident: string; readonly outcome: Round; readonly flags: RefundFlags },
): Promise<string[]> {
  const { incident, outcome, flags } = of;
  const timeline = await session.freshTimeline();
  const amounts = chargedAmounts(timeline, outcome.receipts);
  const [total, funded] = [BigInt(outcome.total), BigInt(outcome.total) - BigInt(outcome.shortfall)];
  const candidates = session.isKeyGiven ? [session.signatory('owner')] : peopleOf(session.dir);
  const settled: string[] = [];
  for (const target of outcome.receipts) {
    if (effective(timeline.asOf(), incident, target).state === 'compensated') continue;
    const predicate = {
      incident,
      target,
      state: 'compensated' as const,
      nonce: freshId(session.context.entropy),
      basis: [outcome.logged.id],
      amount: String(((amounts.get(target) ?? 0n) * funded) / total),
    };
    const as = handlerOf(timeline.registry, target, candidates);
    await session.publish('incident.settle', predicate, { as, wait: flags.wait });
    settled.push(target);
  }
  return settled;
}

function chargedAmounts(timeline: Timeline, receipts: readonly string[]): Map<string, bigint> {
  const wanted = new Set(receipts);
  const amounts = new Map<string, bigint>();
  for (const { kind, predicate } of timeline.records()) {
    if (kind === 'charge' && wanted.has(predicate.receipt))
      amounts.set(predicate.receipt, BigInt(predicate.amount));
  }
  return amounts;
}
