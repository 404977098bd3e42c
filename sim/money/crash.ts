/**
 * The crash matrix (payments.md §6, test 3): a small paid service run to its end, once for every write to the journal
 * and every send, with a crash right before or right after it. Whatever is cut off, after recovery and retries each
 * request has ended exactly once and the books balance: what payers paid is what nodes got, fees, and refunds.
 */
import { type Hold, holdId, openLedger, type PaymentLedger } from '@assay/pay';
import { Disk } from './disk.ts';
import { channelId, FEE_BPS, payerOf } from './step.ts';

/** What a matrix came to. */
export interface CrashResult {
  /** Crashes that were made. */
  readonly faults: number;
  /** Requests that were brought to an end, over all runs. */
  readonly requests: number;
}

/** A run that broke a promise. */
export class BrokenPromise extends Error {}

/** The process dies here. */
class Crash extends Error {}

const REQUESTS = 10;
const MAX = 100n;

/** Everything outside the gateway: it survives the gateway's crashes, and each part is idempotent as the real one is. */
class World {
  readonly disk = new Disk<Carry>();
  /** Node: request id to output; asked again it gives the same (PROTOCOL 5.3). */
  readonly outputs = new Map<string, { receipt: string; cost: bigint }>();
  executions = 0;
  /** Log: entries by content, so that what is sent twice stands once. */
  readonly log = new Set<string>();
  /** Chain: `exact` transactions by nonce. */
  readonly chain = new Map<string, bigint>();
  /** Clients: what each request was answered with. */
  readonly answers = new Map<number, string>();
  points = 0;
  /** At which send the process dies, and on which side of it. */
  readonly #at: number;
  readonly #side: 'before' | 'after';

  constructor(at: number, side: 'before' | 'after') {
    this.#at = at;
    this.#side = side;
    this.disk.fault = () => {
      if (this.points++ !== this.#at) return undefined;
      return this.#side === 'before' ? 'lost' : 'kept';
    };
  }

  /** Something leaves the process. */
  send<T>(work: () => T): T {
    const dies = this.points++ === this.#at;
    if (dies && this.#side === 'before') throw new Crash();
    const result = work();
    if (dies) throw new Crash();
    return result;
  }
}

/** What goes into the same write as the ledger's events. */
interface Carry {
  readonly entry?: string;
  readonly answer?: string;
}

/** The gateway: what survives it is in the world alone. */
class Gateway {
  readonly #world: World;
  readonly #ledger: PaymentLedger<Carry>;
  #shipped = 0;

  private constructor(world: World, ledger: PaymentLedger<Carry>) {
    this.#world = world;
    this.#ledger = ledger;
  }

  /** Opens on what is durable, and carries on what the one before left. */
  static async start(world: World): Promise<Gateway> {
    const { disk } = world;
    const journal = { journal: disk.open(), events: [...disk.events], maxUnwitnessedExposure: 1_000_000n };
    const gateway = new Gateway(world, await openLedger(journal));
    for (const hold of gateway.#ledger.in('delivered')) await gateway.#settle(hold);
    await gateway.#ship();
    return gateway;
  }

  /** One paid request: its answer, which a retry gets again. */
  async ask(request: number, now: number): Promise<string> {
    const terms = termsOf(request);
    const { hold, mine } = await this.#ledger.begin(terms, { now, balance: 100_000n });
    if (!mine) return this.#answered(hold);
    // Every fifth request asks for something that no node will do.
    if (request % 5 === 4) {
      await this.#ledger.release(hold.id, 'no-output', released(hold));
      return 'refused';
    }
    const output = this.#world.send(() => this.#execute(request));
    const delivered = await this.#ledger.deliver(
      hold.id,
      { receipt: output.receipt, amount: output.cost },
      { answer: `answer ${request}` },
    );
    await this.#settle(delivered);
    await this.#ship();
    return `answer ${request}`;
  }

  /** The deadline has come: nothing may stay open. */
  async end(now: number): Promise<void> {
    await this.#ledger.expire(now, () => ({ entry: 'release' }));
    for (const hold of this.#ledger.holds()) {
      if (hold.state === 'captured' && Number(hold.requestId.slice(1)) % 4 === 1) {
        await this.#ledger.refund(hold.id, BigInt(hold.amount ?? 0) / 2n);
      }
    }
    await this.#ship();
  }

  holds(): readonly Hold[] {
    return Array.from(this.#ledger.holds());
  }

  #execute(request: number): { receipt: string; cost: bigint } {
    const known = this.#world.outputs.get(`r${request}`);
    if (known !== undefined) return known;
    this.#world.executions++;
    const output = { receipt: String(request).padStart(64, '0'), cost: BigInt(37 + request * 6) };
    this.#world.outputs.set(`r${request}`, output);
    return output;
  }

  /** `exact` money moves first; then the receipt counts as witnessed, and some of them not as chargeable. */
  async #settle(hold: Hold): Promise<void> {
    const request = Number(hold.requestId.slice(1));
    if (hold.exact !== undefined) {
      if (hold.tx === undefined) await this.#ledger.paid(hold.id, `0x${hold.exact.nonce}`);
      const { nonce, value } = hold.exact;
      // The chain takes a nonce once: sent again, nothing happens.
      this.#world.send(() => void this.#world.chain.set(nonce, BigInt(value)));
    }
    if (request % 7 === 3) await this.#ledger.release(hold.id, 'not-chargeable', released(hold));
    else await this.#ledger.capture(hold.id, ({ receipt }) => ({ entry: `charge ${receipt}` }));
  }

  #answered(hold: Hold): string {
    const kept = this.#world.disk.carried.find(
      ({ answer }) => answer === `answer ${hold.requestId.slice(1)}`,
    );
    return kept?.answer ?? 'refused';
  }

  /** What is durable is sent to the log, in order, and sent again when nobody knows whether it arrived. */
  async #ship(): Promise<void> {
    const entries = this.#world.disk.carried.flatMap(({ entry }) => entry ?? []);
    for (; this.#shipped < entries.length; this.#shipped++) {
      const entry = entries[this.#shipped]!;
      this.#world.send(() => this.#world.log.add(entry));
    }
  }
}

const released = (hold: Hold) => () => ({ entry: `release ${hold.id}` });

/** Requests alternate between two payment channels, and every third is an `exact` payment. */
function termsOf(request: number) {
  const channel = request % 2;
  const payer = payerOf(channel);
  const common = {
    id: holdId(payer, `r${request}`),
    payer,
    requestId: `r${request}`,
    requestHash: 'h',
    network: 'eip155:31337',
    priceBook: '4'.repeat(64),
    feeBps: FEE_BPS,
    max: String(MAX),
    deadline: 100,
  };
  if (request % 3 === 2) {
    const nonce = String(request).padStart(64, '0');
    return {
      ...common,
      exact: { nonce, value: String(MAX), validAfter: '0', validBefore: '0', signature: '0x' },
    };
  }
  const config = {
    payer,
    payerAuthorizer: '',
    receiver: '',
    receiverAuthorizer: '',
    token: '',
    withdrawDelay: 900,
    salt: '',
  };
  return {
    ...common,
    batch: { paymentChannel: channelId(channel), config, ceiling: '100000', signature: '0x' },
  };
}

/** Runs the service with one crash. Returns how many writes and sends there were. */
async function run(at: number, side: 'before' | 'after'): Promise<World> {
  const world = new World(at, side);
  let gateway = await surviving(() => Gateway.start(world));
  const restart = async (): Promise<void> => void (gateway = await surviving(() => Gateway.start(world)));
  for (let request = 0; request < REQUESTS; request++) {
    // A client that hears nothing asks again under the same id.
    for (let answer: string | undefined; answer === undefined;) {
      try {
        answer = await gateway.ask(request, 10);
      } catch (error) {
        if (!isCrash(error)) throw error;
        await restart();
      }
      if (answer !== undefined) world.answers.set(request, answer);
    }
  }
  for (let ended = false; !ended;) {
    try {
      await gateway.end(101);
      ended = true;
    } catch (error) {
      if (!isCrash(error)) throw error;
      await restart();
    }
  }
  check(world, gateway.holds(), `${side} point ${at}`);
  return world;
}

/** A process that dies while it starts is started again. */
async function surviving(start: () => Promise<Gateway>): Promise<Gateway> {
  for (;;) {
    try {
      return await start();
    } catch (error) {
      if (!isCrash(error)) throw error;
    }
  }
}

const isCrash = (error: unknown): boolean =>
  error instanceof Crash || (error instanceof Error && 'code' in error && error.code === 'broken');

function check(world: World, holds: readonly Hold[], where: string): void {
  const must = (holdsTrue: boolean, what: string): void => {
    if (!holdsTrue) throw new BrokenPromise(`crash ${where}: ${what}`);
  };
  must(holds.length === REQUESTS, `${holds.length} holds of ${REQUESTS} requests`);
  const ended = ['captured', 'released', 'refunded'];
  for (const hold of holds) {
    const request = Number(hold.requestId.slice(1));
    const free = request % 5 === 4 || request % 7 === 3;
    must(free === (hold.state === 'released'), `${hold.id} is ${hold.state}, delivered or not`);
  }
  for (const hold of holds) must(ended.includes(hold.state), `${hold.id} is ${hold.state}`);
  must(world.executions === world.outputs.size, 'a request ran twice');
  const paid = holds.filter(({ state }) => state === 'captured' || state === 'refunded');
  const entries = Array.from(world.log).filter((entry) => entry.startsWith('charge'));
  must(entries.length === paid.length, `${entries.length} charges in the log, ${paid.length} captured`);
  for (const { receipt } of paid)
    must(world.log.has(`charge ${receipt}`), `no charge of ${receipt} in the log`);
  for (const [request, answer] of world.answers) {
    const wanted = request % 5 === 4 ? 'refused' : `answer ${request}`;
    must(answer === wanted, `request ${request} was answered "${answer}"`);
  }
  const sum = (of: (hold: Hold) => string | undefined): bigint =>
    paid.reduce((total, hold) => total + BigInt(of(hold) ?? 0), 0n);
  const [debit, fees] = [sum(({ amount }) => amount), sum(({ fee }) => fee)];
  const credit = paid.reduce((total, { amount, fee }) => total + BigInt(amount ?? 0) - BigInt(fee ?? 0), 0n);
  must(debit === credit + fees, `debit ${debit} is not credit ${credit} and fees ${fees}`);
  const last = new Map<string, bigint>();
  for (const { batch, cumulative } of paid) {
    if (batch === undefined) continue;
    const before = last.get(batch.paymentChannel) ?? 0n;
    last.set(batch.paymentChannel, before > BigInt(cumulative ?? 0) ? before : BigInt(cumulative ?? 0));
  }
  const batched = paid
    .filter(({ batch }) => batch !== undefined)
    .reduce((total, { amount }) => total + BigInt(amount ?? 0), 0n);
  must(Array.from(last.values()).reduce((a, b) => a + b, 0n) === batched, 'cumulative sums do not add up');
  for (const { exact } of paid)
    if (exact !== undefined) must(world.chain.has(exact.nonce), 'charged, and no money moved');
}

/** Every crash point on both sides, one run each. @throws BrokenPromise */
export async function crashMatrix(): Promise<CrashResult> {
  const { points } = await run(-1, 'before');
  let faults = 0;
  for (let at = 0; at < points; at++) {
    for (const side of ['before', 'after'] as const) {
      await run(at, side);
      faults++;
    }
  }
  return { faults, requests: faults * REQUESTS };
}
