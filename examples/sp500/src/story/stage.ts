/** Where the story plays: the network, its people, and one verified view of the log that everyone waits on. */
import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import {
  findWork,
  hex,
  hmacSha256,
  type Kind,
  type Predicate,
  type Signer,
  signPaymentKey,
  signStatement,
  systemClock,
  utf8,
} from '@assay/core';
import { type Identity, loadIdentity } from '@assay/core/node';
import { parsePolicy } from '@assay/log';
import { Follower, LogClient, LogClientError } from '@assay/services';
import { JOIN_WORK_BITS } from '@assay/views';
import type { Agent } from './agent.ts';

/** Longest that a statement may take to be witnessed before the story gives up, in milliseconds. */
const WITNESS_WAIT_MS = 20_000;

/** How often a log that does not answer is asked, a second apart. */
const APPEND_TRIES = 20;

interface Network {
  readonly log: { readonly url: string };
  readonly gateway: { readonly url: string };
  readonly nodes: readonly { readonly name: string; readonly fault?: string }[];
  readonly money?: { readonly token: { readonly symbol: string; readonly decimals: number } };
}

/** A person of the story: what it signs comes out the same however often the story is told. */
export interface Actor {
  readonly keyId: string;
  readonly signer: Signer;
  /** Secret of its payment key. */
  readonly secret: Uint8Array;
  /** 32 secret bytes, fresh for every label and the same at every telling. */
  salt(label: string): Uint8Array;
  /** 128 bits in hexadecimal, likewise. */
  nonce(label: string): string;
  /** Signs, logs, and returns the record id. */
  say<K extends Kind>(kind: K, predicate: Predicate<K>): Promise<string>;
}

/** The stage of one telling. */
export class Stage {
  readonly dir: string;
  readonly network: Network;
  /** Text of the policy file. */
  readonly policy: string;
  readonly owner: Actor;
  readonly agent: Actor;
  readonly follower: Follower;
  readonly #log: LogClient;

  static async open(dir: string): Promise<Stage> {
    const stage = new Stage(dir);
    await stage.follower.catchUp();
    stage.follower.start();
    await stage.#join('owner', ['owner']);
    await stage.#join('agent', ['agent']);
    await stage.#join('verifier', ['verifier']);
    await stage.#join('attester', ['verifier']);
    return stage;
  }

  private constructor(dir: string) {
    this.dir = dir;
    this.network = JSON.parse(readFileSync(join(dir, 'network.json'), 'utf8')) as Network;
    this.policy = readFileSync(join(dir, 'policy'), 'utf8');
    this.#log = new LogClient(this.network.log.url);
    this.follower = new Follower({
      log: this.#log,
      policy: parsePolicy(this.policy),
      clock: systemClock,
      pollMs: 100,
    });
    this.owner = this.#actor(loadIdentity(join(dir, 'keys', 'owner.json')));
    this.agent = this.#actor(loadIdentity(join(dir, 'keys', 'agent.json')));
  }

  tell(line: string): void {
    console.log(line);
  }

  /** Waits until witnesses have seen a record. */
  async witnessed(id: string): Promise<void> {
    await this.follower.waitFor(id, 'witnessed', WITNESS_WAIT_MS);
  }

  /** An amount of the network's token, as people read it. */
  money(amount: bigint): string {
    const { symbol, decimals } = this.network.money?.token ?? { symbol: 'units', decimals: 0 };
    return `${(Number(amount) / 10 ** decimals).toFixed(decimals)} ${symbol}`;
  }

  /** Name of a participant. */
  nameOf(keyId: string): string {
    return this.follower.registry.participants.get(keyId)?.name ?? keyId.slice(0, 20);
  }

  /** Commands with which the reader can go on. */
  questions(incident: string, agent: Agent): string[] {
    const short = (id: string): string => id.slice(0, 12);
    const payment = agent.payments.at(-1) ?? incident;
    const dir = relative(process.cwd(), this.dir) === '.assay' ? '' : ` --dir ${this.dir}`;
    const asked: [command: string, question: string][] = [
      [`npx assay who ${short(agent.lastReceipt)}${dir}`, 'which version made the last answer?'],
      [
        `npx assay why ${short(payment)} --incident ${short(incident)}${dir}`,
        'how does that payment rest on v2?',
      ],
      [`npx assay rerun ${short(incident)} --on v1${dir}`, 'would v1 have answered the same?'],
      ...(this.network.money === undefined
        ? []
        : ([
            [`npx assay pay list${dir}`, 'what did the agent pay for its forecasts?'],
            [`npx assay pay explain ${short(agent.lastReceipt)}${dir}`, 'what became of the last payment?'],
          ] as [string, string][])),
      [`npx assay audit${dir}`, 'does every byte, signature and witness hold?'],
    ];
    const width = Math.max(...asked.map(([command]) => command.length));
    return [
      ...asked.map(([command, question]) => `${command.padEnd(width)}   ${question}`),
      `open ${join(this.dir, 'line.svg')}`,
    ];
  }

  async close(): Promise<void> {
    await this.follower.stop();
  }

  #actor(identity: Identity): Actor {
    const salt = (label: string): Uint8Array => hmacSha256(identity.paymentSecret, utf8(`story ${label}`));
    return {
      keyId: identity.keyId,
      signer: identity.signer,
      secret: identity.paymentSecret,
      salt,
      nonce: (label) => hex(salt(label).subarray(0, 16)),
      say: (kind, predicate) => this.#append(signStatement(kind, predicate, identity.signer)),
    };
  }

  /** Logs an entry; a log that is just starting again is waited for. Asking twice logs it once. */
  async #append(entry: Uint8Array): Promise<string> {
    for (let tries = 1; ; tries++) {
      try {
        return (await this.#log.append(entry)).id;
      } catch (error) {
        const isAway = error instanceof LogClientError && error.code === 'unreachable';
        if (!isAway || tries === APPEND_TRIES) throw error;
        await new Promise((resolve) => setTimeout(resolve, 1_000));
      }
    }
  }

  async #join(name: string, roles: Predicate<'participant.join'>['roles']): Promise<void> {
    const identity = loadIdentity(join(this.dir, 'keys', `${name}.json`));
    if (this.follower.registry.participants.get(identity.keyId) !== undefined) return;
    const predicate: Predicate<'participant.join'> = {
      roles,
      name,
      endpoints: [],
      paymentKey: identity.paymentKey,
      paymentKeySignature: signPaymentKey(identity.paymentSecret, identity.keyId),
      work: String(findWork(identity.signer.publicKey, JOIN_WORK_BITS)),
    };
    await this.#append(signStatement('participant.join', predicate, identity.signer));
  }
}
