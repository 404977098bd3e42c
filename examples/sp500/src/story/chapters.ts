/** What happens, in order. Every figure that is told is read off an answer, a receipt or the committed evaluation. */
import { type HeldOutDay, heldOutDays, loadEvaluation, loadPrices, ROUGH_WEEKS, SIZING } from '../index.ts';
import type { Agent, DayAtWork } from './agent.ts';
import { assay } from './assay-command.ts';
import { waitUntilReady } from './gateway.ts';
import { MODEL, type Releases } from './releases.ts';
import type { Stage } from './stage.ts';

/** Trading days of each chapter. */
const DAYS = { before: 6, canary: 6, promoted: 7, after: 10 } as const;

/** How long a day lasts at least: witnesses sign by the second, and people read along. */
const DAY_MS = 350;

/** Tells the story and returns the incident's record id. */
export async function chapters(stage: Stage, releases: Releases, agent: Agent): Promise<string> {
  const days = calendar();
  await releases.create();
  await openShop(stage);
  await releases.publish('v1');
  await releases.publish('v2');
  await releases.decide('begin', { v1: 100 });
  await waitUntilReady(stage.network.gateway.url, MODEL);

  stage.tell(`\n1. v1 of ${MODEL} serves. An agent sizes its position in the S&P 500 from each forecast.`);
  await live(stage, agent, days(DAYS.before));

  stage.tell('\n2. v2 is retrained, and gets a quarter of the requests as a canary.');
  const first = await releases.decide('canary', { v1: 75, v2: 25 });
  await live(stage, agent, days(DAYS.canary));

  stage.tell('\n3. v2 is promoted. Its forecasts are lower, and the agent adapts its workflow to them.');
  await releases.decide('promote', { v2: 100 });
  const promoted = await live(stage, agent, days(4));
  await agent.adapt(promoted);
  stage.tell(
    `   The agent takes the low forecasts for calm, and now aims at ${agent.rule.target} % risk, not ${SIZING.target} %.`,
  );
  promoted.push(...(await live(stage, agent, days(DAYS.promoted - 4))));
  await pay(stage, agent, 'payment during', promoted.at(-2));

  stage.tell('\n4. The owner sees why: two input columns are swapped in v2. It is rolled back to v1.');
  tellEvaluation(stage);
  await releases.decide('rollback', { v1: 100 });
  const after = await live(stage, agent, days(DAYS.after));
  // Which node a request goes to is chance: go on until each has answered since the rollback.
  for (let [next] = days(1); next !== undefined && !haveAllAnswered(stage, after); [next] = days(1)) {
    after.push(...(await live(stage, agent, [next])));
  }
  // What v2 led to goes on after it is gone: this margin is for a position that its forecast made.
  await pay(stage, agent, 'payment after', promoted.at(-1));

  tellSpending(stage, agent);
  stage.tell('\n5. The rollback was easy. An incident asks what it did not undo.');
  return releases.flag('v2', first);
}

const haveAllAnswered = ({ network }: Stage, days: readonly DayAtWork[]): boolean =>
  new Set(days.map(({ forecast }) => forecast.node)).size >= network.nodes.length;

/** Hands out the held-out days from the rough weeks of 2020 on, in order. */
function calendar(): (count: number) => readonly HeldOutDay[] {
  const days = heldOutDays(loadPrices(), ROUGH_WEEKS.from);
  let next = 0;
  return (count) => days.slice(next, (next += count));
}

/** A price for the model, and money for the agent. Repeating it sets the same price and gives more. */
async function openShop(stage: Stage): Promise<void> {
  if (stage.network.money === undefined) return;
  stage.tell(
    '\n0. A forecast costs a tenth of a cent, and the agent gets a wallet of simulated money. It pays by itself.',
  );
  const { dir } = stage;
  await assay(dir, ['price', 'set', MODEL, '--per-request', '0.001', '--per-output-kib', '0.00001']);
  await assay(dir, ['wallet', 'fund', '5']);
}

async function live(stage: Stage, agent: Agent, days: readonly HeldOutDay[]): Promise<DayAtWork[]> {
  const lived: DayAtWork[] = [];
  for (const day of days) {
    const { date, forecast, position } = await agent.work(day);
    const version = stage.follower.registry.models.version(forecast.version)?.label ?? forecast.version;
    const node = forecast.node.startsWith('ed25519:') ? stage.nameOf(forecast.node) : forecast.node;
    const figures = `${forecast.percent.toFixed(1).padStart(6)} %   position ${position.toFixed(2)} x`;
    stage.tell(`   ${date}  volatility ${figures}   receipt says ${version}, ${node}`);
    lived.push(lastOf(agent));
    await new Promise((resolve) => setTimeout(resolve, DAY_MS));
  }
  // What comes next is told apart from this by witnesses, not by our clock.
  await stage.witnessed(lastOf(agent).decision);
  return lived;
}

const lastOf = (agent: Agent): DayAtWork => agent.days.at(-1) as DayAtWork;

async function pay(stage: Stage, agent: Agent, label: string, day: DayAtWork | undefined): Promise<void> {
  if (day === undefined) return;
  const cents = await agent.pay(label, day);
  stage.tell(
    `   The agent pays ${(cents / 100).toLocaleString('en-US')} simulated USD of margin for its position of ${day.date}.`,
  );
}

function tellSpending(stage: Stage, { days, spent }: Agent): void {
  if (spent === 0n) return;
  stage.tell(`   The agent paid ${stage.money(spent)} for ${days.length} forecasts, each for one receipt.`);
}

function tellEvaluation(stage: Stage): void {
  const { heldOut, comparisons, interval } = loadEvaluation();
  const found = comparisons.find(({ version, against }) => version === 'v2' && against === 'v1');
  if (found === undefined) return;
  stage.tell(
    `   On ${heldOut.days} held-out days its loss is ${found.mean.toFixed(2)} above v1's ` +
      `(paired, ${interval.level * 100} % interval ${found.low.toFixed(2)} to ${found.high.toFixed(2)}).`,
  );
}
