/** Which answer a request got and whether it reached the client: durable, so that a retry gets it again (PROTOCOL 5.3, 5.4). */
import { type Json, signStatement, type Signer } from '@assay/core';
import { erasedFields, type Erasure, type PrivateField } from '../erasure/index.ts';
import {
  type Answered,
  ERASED_HASH,
  type Item,
  type Outbox,
  type RecordPlace,
  type RequestIdentity,
  RequestLedger,
} from '../outbox/index.ts';
import {
  decodeExecuteResponse,
  eraseResponse,
  type ReadResponse,
  receiptOf,
  saltsOf,
} from '../inference-node/wire/index.ts';
import { GatewayError } from './gateway-error.ts';
import type { NodeAnswer } from './try-nodes.ts';

/** Kind of the record that a process which ends in order leaves behind. */
const ENDED = 'ended';

/** How long deliveries are gathered before they are made durable together: nobody waits for them. */
const GATHER_MS = 100;

/** What was said of the payment of an answer, kept so that a retry is told the same. */
export interface GivenPayment {
  /** Hexadecimal SHA-256 of the PAYMENT-SIGNATURE that paid. */
  readonly signature: string;
  /** The text of PAYMENT-RESPONSE. */
  readonly response: string;
}

/** An answer as it is given. */
export interface Given {
  readonly answer: ReadResponse;
  /** Absent where the answer was free. */
  readonly payment?: GivenPayment;
}

/** A chosen answer that is to be made durable. */
export interface Chosen {
  readonly node: NodeAnswer;
  readonly meta: { readonly [key: string]: Json };
  readonly body: Uint8Array;
  /** To be told where the record stands. */
  readonly placed: (place: RecordPlace) => void;
}

/** Makes a chosen answer durable, together with what else must become true at the same moment. */
export type Keep = (chosen: Chosen) => Promise<GivenPayment | undefined>;

/** What the ledger finds in the outbox when it is opened. */
export class DeliveryRecovery {
  readonly chosen: (RequestIdentity & { receiptId: string; place: RecordPlace })[] = [];
  readonly delivered = new Set<string>();
  /** Whether the process before this one ended in order, so that whatever it does not say was delivered was cut. */
  endedInOrder = false;
  /** Whether a join was made durable before. */
  joined = false;

  readonly onItem = ({ meta }: Item, place: RecordPlace): void => {
    if (meta.kind === 'join') this.joined = true;
    this.endedInOrder = meta.kind === ENDED;
    const { key, hash, receipt } = meta as { key: string; hash: string; receipt: string };
    if (meta.kind === 'chosen') this.chosen.push({ key, hash, receiptId: receipt, place });
    if (meta.kind === 'delivered') this.delivered.add(receipt);
  };
}

/** What the ledger works with. */
export interface DeliveryLedgerOptions {
  readonly outbox: Outbox;
  readonly signer: Signer;
  readonly recovered: DeliveryRecovery;
  /** Told of a delivery that could not be made durable. */
  readonly onFailure: (error: unknown) => void;
}

/** The requests of one gateway. */
export class DeliveryLedger {
  readonly #options: DeliveryLedgerOptions;
  readonly #requests: RequestLedger<Given>;
  readonly #delivered: Set<string>;
  /** Deliveries whose statement is durable: what is put into the outbox later stands after it in the log. */
  readonly #said: Set<string>;
  #gathered: { receiptId: string; bytesSent: number }[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(options: DeliveryLedgerOptions) {
    this.#options = options;
    this.#delivered = options.recovered.delivered;
    this.#said = new Set(this.#delivered);
    this.#requests = new RequestLedger({
      load: ({ place, receiptId }) => readGiven(this.#options.outbox.read(place), receiptId),
      reused: ({ key }) =>
        new GatewayError('id-reused', {
          what: `the request id of "${key}" was used before, for something else`,
          where: 'id',
          fix: 'Give each request an id of its own; a retry must ask for exactly the same.',
        }),
    });
    for (const answered of options.recovered.chosen) this.#requests.add(answered);
  }

  /**
   * The answer that a request got before, or that of `work`, made durable. From then on the request has this receipt
   * and no other, whatever other nodes still answer.
   *
   * @param keep makes it durable together with something else
   */
  once(identity: RequestIdentity, work: () => Promise<NodeAnswer>, keep: Keep = this.#put): Promise<Given> {
    return this.#requests.once(identity, async () => {
      const node = await work();
      const { receiptId } = node.answer;
      const payment = await keep({
        node,
        meta: { kind: 'chosen', ...identity, receipt: receiptId },
        body: node.body,
        placed: (place) => this.#requests.add({ ...identity, receiptId, place }),
      });
      return { answer: node.answer, ...(payment === undefined ? {} : { payment }) };
    });
  }

  /** The answer that exactly this request got before. @throws GatewayError `erased` */
  given(identity: RequestIdentity): Given | undefined {
    const answered = this.#requests.answered(identity);
    if (answered === undefined) return undefined;
    return readGiven(this.#options.outbox.read(answered.place), answered.receiptId);
  }

  readonly #put: Keep = async ({ meta, body, placed }) => {
    placed(await this.#options.outbox.put({ meta, body }));
    return undefined;
  };

  /** Exact bytes of a receipt that went through this gateway; they stay when the answer is erased. */
  receiptEntry(receiptId: string): Uint8Array | undefined {
    const answered = this.#requests.byReceipt(receiptId);
    return answered === undefined ? undefined : receiptOf(this.#body(answered.place));
  }

  /** Who asked for the answer of a receipt; undefined when it did not go through this gateway. */
  clientOf(receiptId: string): string | undefined {
    return this.#requests.byReceipt(receiptId)?.key.split(' ')[0];
  }

  /** Overwrites private fields of kept answers, durably. @throws OutboxError */
  async erase(erasures: readonly Erasure[]): Promise<void> {
    const { outbox } = this.#options;
    const items = new Map<Answered, Item>();
    for (const { receipt, fields } of erasures) {
      const answered = this.#requests.byReceipt(receipt);
      if (answered === undefined) continue;
      const item = items.get(answered) ?? outbox.read(answered.place);
      const erased = erasedFields(saltsOf(item.body as Uint8Array));
      if (fields.some((field) => !erased.includes(field))) items.set(answered, eraseChosen(item, fields));
    }
    await outbox.replace(Array.from(items, ([{ place }, item]) => ({ place, item })));
    for (const [answered, { meta }] of items) this.#requests.add({ ...answered, hash: meta.hash as string });
  }

  /** Says in the log that an answer went out in full; once per receipt. A cut one is not said to be delivered. */
  delivered(receiptId: string, bytesSent: number): void {
    if (this.#delivered.has(receiptId)) return;
    this.#delivered.add(receiptId);
    this.#gathered.push({ receiptId, bytesSent });
    this.#timer ??= setTimeout(() => void this.flush().catch(this.#options.onFailure), GATHER_MS);
  }

  /** Whether the log is told, before anything that is put from now on, that an answer went out in full. */
  isDelivered(receiptId: string): boolean {
    return this.#said.has(receiptId);
  }

  /**
   * Says so of an answer of a process that was killed, which may have sent it and not lived to say so: it is given
   * whenever it is asked for, and how much of it went out is not known. What an orderly end left unsaid was cut.
   */
  deliveredBeforeCrash(receiptId: string): void {
    if (!this.#options.recovered.endedInOrder) this.delivered(receiptId, 0);
  }

  /** Makes what was gathered durable, and that nothing is missing. Call last. */
  async end(): Promise<void> {
    await this.flush();
    await this.#options.outbox.put({ meta: { kind: ENDED } });
  }

  /** Lets go of requests older than `moment` (Unix milliseconds) whose deliveries the log has. */
  forgetBefore(moment: number): void {
    this.#requests.forget(this.#options.outbox.dropBefore(moment));
  }

  /** Makes what was gathered durable. A crash before it loses the statement, not the answer. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const { outbox, signer } = this.#options;
    const puts = this.#gathered.splice(0).map(async ({ receiptId, bytesSent }) => {
      const entry = signStatement(
        'request.deliver',
        { receipt: receiptId, bytesSent: String(bytesSent) },
        signer,
      );
      await outbox.put({ meta: { kind: 'delivered', receipt: receiptId }, entry });
      this.#said.add(receiptId);
    });
    await Promise.all(puts);
  }

  #body(place: RecordPlace): Uint8Array {
    return this.#options.outbox.read(place).body as Uint8Array;
  }
}

/** An answer that can be given again. @throws GatewayError `erased` */
function readGiven({ meta, body: kept }: Item, receiptId: string): Given {
  const body = kept as Uint8Array;
  const payment = meta['payment'] as unknown as GivenPayment | undefined;
  const erased = erasedFields(saltsOf(body));
  if (erased.length === 0)
    return { answer: decodeExecuteResponse(body), ...(payment === undefined ? {} : { payment }) };
  throw new GatewayError('erased', {
    what: `the client of receipt ${receiptId} had its ${erased.join(' and ')} erased`,
    where: 'id',
    fix: 'Ask again under a new request id.',
  });
}

/** The same record with `fields` overwritten, of the same length. A gateway keeps no input: its salt is all there is. */
function eraseChosen({ meta, body }: Item, fields: readonly PrivateField[]): Item {
  const hash = fields.includes('request') ? { hash: ERASED_HASH } : {};
  return { meta: { ...meta, ...hash }, body: eraseResponse(body as Uint8Array, fields) };
}
