/** One settler: identity, books, chain, and the rounds in which it settles, guards, pays out and goes on with refunds. */
import type { LogRecord } from '@assay/core';
import { type Identity, openIdentity } from '@assay/core/node';
import { addressOfPaymentKey } from '@assay/core/money';
import type { Policy } from '@assay/log';
import { assertSafeTerms, loadSecp256k1 } from '@assay/pay/node';
import type { Follower } from '../follow/index.ts';
import type { LogClient } from '../log-client/index.ts';
import { joinEntry, type Outside, type Participant, untilItWorks } from '../participant/index.ts';
import type { SettlerState } from './app.ts';
import { ChainSide } from './chain-side.ts';
import { ClassRefunds, type RefundOutcome } from './class-refund.ts';
import type { SettlerConfig } from './config.ts';
import { WithdrawalGuard } from './guard.ts';
import { type LeafProof, LeafProofs } from './leaf-proofs.ts';
import { Payouts } from './payouts.ts';
import { SettlerBooks } from './settler-books.ts';
import { type Settled, Settlement, type SettlementParts } from './settlement.ts';

/** What a settler is given by its process. */
export interface SettlerEnvironment extends Outside {
  readonly client: LogClient;
  readonly policy: Policy;
  /** The followed log; read to its end before the first round. */
  readonly view: Follower;
}

/** How often withdrawals are looked for at least, in milliseconds. */
const GUARD_MS = 2_000;

/** A settler. `start` makes it ready. */
export class Settler implements Participant {
  readonly keyId: string;
  /** Whatever fails is tried again: it never ends by itself. */
  readonly failure = new Promise<never>(() => undefined);
  readonly books: SettlerBooks;
  readonly #config: SettlerConfig;
  readonly #env: SettlerEnvironment;
  readonly #identity: Identity;
  readonly #chain: ChainSide;
  readonly #settlement: Settlement;
  readonly #guard: WithdrawalGuard;
  readonly #payouts: Payouts;
  readonly #refunds: ClassRefunds;
  readonly #leaves: LeafProofs;
  #turn: Promise<unknown> = Promise.resolve();
  #timers: NodeJS.Timeout[] = [];
  #phase: 'starting' | 'ready' | 'stopping' = 'starting';
  #problem: string | undefined;

  /** Opens what is on disk. @throws TermsError for times that are not safe together; KeyFileError; TxError */
  constructor(config: SettlerConfig, env: SettlerEnvironment) {
    assertSafeTerms(config.terms);
    const { clock, entropy, log, client, policy } = env;
    this.#config = config;
    this.#env = env;
    this.#identity = openIdentity(config.identity, entropy);
    this.keyId = this.#identity.keyId;
    this.books = new SettlerBooks(
      policy,
      loadSecp256k1((line) => log.warn(line)),
    );
    this.#chain = new ChainSide(config, { identity: this.#identity, clock, log });
    const parts: SettlementParts & { appended: LogClient['append'] } = {
      config,
      books: this.books,
      chain: this.#chain,
      identity: this.#identity,
      address: addressOfPaymentKey(this.#identity.paymentKey),
      clock,
      catchUp: () => env.view.catchUp(),
      append: (entry) => client.append(entry),
      appended: (entry) => client.append(entry),
      log,
    };
    this.#settlement = new Settlement(parts);
    this.#guard = new WithdrawalGuard(parts);
    this.#payouts = new Payouts(parts);
    this.#refunds = new ClassRefunds(parts, this.#settlement);
    this.#leaves = new LeafProofs(this.books, config.chain.vault);
  }

  /** Looks at a record that the log brought. */
  note(record: LogRecord, entry: Uint8Array): void {
    this.books.apply(record, entry);
  }

  /** Joins where needed, and begins its rounds. */
  async start(endpoint: string): Promise<void> {
    const { view } = this.#env;
    await this.#untilItWorks(() => view.catchUp());
    while (view.registry.participants.get(this.keyId) === undefined && this.#phase === 'starting') {
      await this.#untilItWorks(() => this.#join(endpoint));
      await this.#untilItWorks(() => view.catchUp());
    }
    if (this.#phase === 'stopping') return;
    this.#chain.outbox.start();
    this.#phase = 'ready';
    this.#every(this.#config.terms.settlementPeriod * 1_000, () => this.#round());
    this.#every(Math.min(GUARD_MS, this.#config.terms.settlementPeriod * 1_000), () =>
      this.#guard.round(this.#settlement),
    );
    this.#env.log.info({ keyId: this.keyId, every: this.#config.terms.settlementPeriod }, 'settling');
  }

  state(): SettlerState {
    const { money } = this.books;
    const { vault } = this.#config.chain;
    const own = addressOfPaymentKey(this.#identity.paymentKey);
    const last = money.batches.findLast(
      ({ predicate, address }) => predicate.vault === vault && address === own,
    )?.predicate;
    const covered = Number(last?.to ?? 0);
    return {
      ready: this.#phase === 'ready',
      address: own,
      batch: Number(last?.number ?? 0),
      unsettled: money.charges.filter(
        (charge) =>
          charge.vault === vault &&
          charge.settler === own &&
          charge.index >= covered &&
          !money.settlements.isWithheld(charge),
      ).length,
      openTransactions: this.#chain.outbox.open.length,
      ...(this.#problem === undefined ? {} : { problem: this.#problem }),
    };
  }

  /** A round now instead of at the next turn. @throws SettleError, TxError, RpcError */
  settleNow(): Promise<Settled> {
    return this.#inTurn(() => this.#afresh(() => this.#settlement.round()));
  }

  /** A charge's place in its batch; undefined for one that no logged batch has. */
  leafProof(receipt: string): LeafProof | undefined {
    return this.#leaves.of(receipt);
  }

  /** @throws SettleError */
  refund(incident: string): Promise<RefundOutcome> {
    return this.#inTurn(() => this.#afresh(() => this.#refunds.refund(incident)));
  }

  /** Begins no further round. */
  refuse(): void {
    this.#phase = 'stopping';
    for (const timer of this.#timers) clearTimeout(timer);
  }

  /** Ends its rounds; transactions that are not final are kept. */
  async stop(): Promise<void> {
    this.refuse();
    await this.#turn;
    await this.#chain[Symbol.asyncDispose]();
  }

  /** Who asks has seen a log that this process may not have read yet. */
  async #afresh<T>(work: () => Promise<T>): Promise<T> {
    await this.#env.view.catchUp();
    return work();
  }

  async #round(): Promise<void> {
    await this.#settlement.round();
    await this.#refunds.resume();
    await this.#payouts.round();
  }

  /** What moves money happens one after the other. What failed is told, and tried again at the next turn. */
  #every(ms: number, work: () => Promise<unknown>): void {
    const at = this.#timers.length;
    const tick = async (): Promise<void> => {
      try {
        await this.#inTurn(work);
        this.#problem = undefined;
      } catch (error) {
        this.#problem = error instanceof Error ? error.message : String(error);
        this.#env.log.warn({ err: error }, 'a round; tried again');
      }
      if (this.#phase === 'ready') this.#timers[at] = setTimeout(() => void tick(), ms);
    };
    this.#timers[at] = setTimeout(() => void tick(), 0);
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => undefined);
    return done;
  }

  async #join(endpoint: string): Promise<void> {
    const { name, operator } = this.#config;
    const membership = { roles: ['settler' as const], name, endpoints: [endpoint] };
    const entry = joinEntry(this.#identity, {
      ...membership,
      ...(operator === undefined ? {} : { operator }),
    });
    await this.#env.client.append(entry);
  }

  #untilItWorks(work: () => Promise<void>): Promise<void> {
    return untilItWorks(work, { isStopping: () => this.#phase === 'stopping', log: this.#env.log });
  }
}
