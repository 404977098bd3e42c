/** The agent: sizes a position from every forecast, bends its rule to what it sees, and pays. */
import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { canonicalJson, commit, hex, type Predicate, utf8 } from '@assay/core';
import { type HeldOutDay, positionSize, SIZING, type SizingRule } from '../index.ts';
import type { Assay } from '@assay/sdk';
import { askForecast, type Forecast, openDesk } from './gateway.ts';
import { MODEL } from './releases.ts';
import type { Stage } from './stage.ts';

/** A day as the agent lived it. */
export interface DayAtWork {
  readonly date: string;
  readonly forecast: Forecast;
  readonly position: number;
  /** Record id of the decision. */
  readonly decision: string;
}

/** What the agent says it did; the log gets a commitment, the agent's notebook the words. */
type Deed = Omit<Predicate<'act'>, 'content'>;

/** The agent of one telling. */
export class Agent {
  readonly #stage: Stage;
  readonly days: DayAtWork[] = [];
  readonly payments: string[] = [];
  readonly #desk: Assay;
  #rule: SizingRule = SIZING;
  #workflow: string | undefined;

  constructor(stage: Stage) {
    this.#stage = stage;
    const { dir, network, policy, agent } = stage;
    const { signer: key, secret } = agent;
    this.#desk = openDesk({ dir, gateway: network.gateway.url, policy, key, secret });
    mkdirSync(join(stage.dir, 'state', 'agent'), { recursive: true });
  }

  get lastReceipt(): string {
    return this.days.at(-1)?.forecast.receipt ?? '';
  }

  /** What all forecasts have cost so far, in atomic units. */
  get spent(): bigint {
    return this.days.reduce((sum, { forecast }) => sum + BigInt(forecast.cost), 0n);
  }

  get rule(): SizingRule {
    return this.#rule;
  }

  /** Asks for the day's forecast and decides on a position. */
  async work(day: HeldOutDay): Promise<DayAtWork> {
    const forecast = await askForecast(this.#desk, {
      model: `${this.#stage.owner.keyId}/${MODEL}`,
      id: `story-${day.date}`,
      features: day.features,
    });
    const position = positionSize(forecast.percent, this.#rule);
    const uses = this.#workflow === undefined ? [forecast.receipt] : [forecast.receipt, this.#workflow];
    const decision = await this.#act(
      `position ${day.date}`,
      { type: 'decision', reversibility: 'retractable', uses },
      { date: day.date, forecast: forecast.percent.toFixed(2), position: position.toFixed(2) },
    );
    const lived = { date: day.date, forecast, position, decision };
    this.days.push(lived);
    return lived;
  }

  /** The forecasts of `recent` came out low: the agent takes that for calm, and from now on aims at more risk. */
  async adapt(recent: readonly DayAtWork[]): Promise<string> {
    this.#rule = { ...SIZING, target: SIZING.target * 1.5 };
    this.#workflow = await this.#act(
      'workflow',
      {
        type: 'workflow',
        reversibility: 'retractable',
        uses: recent.map(({ forecast }) => forecast.receipt),
      },
      { target: String(this.#rule.target) },
    );
    return this.#workflow;
  }

  /** Pays margin for a position: a record of what it did. That money is not the network's. */
  async pay(label: string, day: DayAtWork): Promise<number> {
    const cents = Math.round(day.position * 125_000_00);
    const id = await this.#act(
      label,
      {
        type: 'payment',
        reversibility: 'compensable',
        uses: [day.decision],
        amount: { value: String(cents), currency: 'simulated-usd-cent' },
      },
      { margin: String(cents), day: day.date },
    );
    this.payments.push(id);
    return cents;
  }

  async #act(label: string, deed: Deed, words: Record<string, string>): Promise<string> {
    const { agent } = this.#stage;
    const salt = agent.salt(label);
    const text = canonicalJson(words);
    const id = await agent.say('act', { ...deed, content: commit(salt, 'act', utf8(text)) });
    const note = JSON.stringify({ id, salt: hex(salt), content: words });
    appendFileSync(join(this.#stage.dir, 'state', 'agent', 'notebook.jsonl'), `${note}\n`, { mode: 0o600 });
    return id;
  }
}
