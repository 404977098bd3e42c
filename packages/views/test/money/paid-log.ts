/** A log on which answers are paid: every signature is real, and any one thing can be bent. */
import type { Kind, Predicate } from '@assay/core';
import {
  type Address,
  assayDomain,
  bytes32Of,
  feeOf,
  type Order,
  orderDigest,
  orderHash,
  paymentChannelId,
  paymentSigner,
  priceOf,
  receiptPaymentDigest,
  voucherDigest,
  ZERO_BYTES32,
} from '@assay/core/money';
import { batchContent, type BatchContent, type Money, type Timeline } from '../../src/index.ts';
import {
  channel,
  gateway,
  digestOf,
  type LogBuilder,
  model,
  nodeA,
  type Person,
  settler,
  begun,
} from '../support/log-builder.ts';

export const CHAIN = 31_337;
export const NETWORK = 'eip155:31337';
export const VAULT: Address = `0x${'b'.repeat(40)}`;
export const TOKEN: Address = `0x${'a'.repeat(40)}`;
/** Who settles what these prices cost. */
export const SETTLER: Address = settler.payment.address;
export const TREASURY: Address = `0x${'f'.repeat(40)}`;
export const domain = assayDomain(CHAIN, VAULT);
export const payer = paymentSigner(new Uint8Array(32).fill(0x21));
export const session = paymentSigner(new Uint8Array(32).fill(0x22));
export const other = paymentSigner(new Uint8Array(32).fill(0x23));

export const BOOK: Predicate<'price.publish'> = {
  model,
  network: NETWORK,
  asset: TOKEN,
  vault: VAULT,
  receiverAuthorizer: SETTLER,
  perRequest: '1000',
  perInputKib: '10',
  perOutputKib: '20',
  feeBps: 500,
  nonce: '0'.repeat(32),
};
const USAGE = { inputBytes: '88', outputBytes: '4', computeMicros: '950' };
/** What each answer costs. */
export const PRICE = priceOf(BOOK, USAGE);

export const configOf = (by: typeof payer, salt: string = ZERO_BYTES32) => ({
  payer: by.address,
  payerAuthorizer: session.address,
  receiver: VAULT,
  receiverAuthorizer: BOOK.receiverAuthorizer,
  token: TOKEN,
  withdrawDelay: 86_400,
  salt,
});

/** What may be bent on the way from an order to its charge. */
export interface Bend {
  readonly payer?: typeof payer;
  readonly version?: string;
  readonly node?: Person;
  readonly order?: Partial<Order>;
  readonly orderBy?: typeof session;
  readonly ordered?: boolean;
  readonly client?: string;
  readonly receipt?: Partial<Predicate<'output.receipt'>>;
  readonly receiptBy?: typeof session;
  /** Whether the gateway says that it delivered it. */
  readonly delivered?: boolean;
  /** Through which gateway, at which of its prices, from a payment channel with which salt. */
  readonly gateway?: Person;
  readonly book?: string;
  readonly salt?: string;
  readonly requestId?: string;
}

/** A delivered answer, ready to be charged. */
export interface PaidAnswer {
  readonly receipt: string;
  readonly order: Predicate<'charge'>['order'];
  readonly payer: typeof payer;
  readonly gateway: Person;
  readonly book: string;
  readonly salt: string;
}

/** A log that statements can be added to, whatever it is made of. */
export interface PaidHost {
  readonly timeline: Timeline;
  readonly money: Money;
  readonly size: number;
  /** Appends one statement and returns its record id. */
  add<K extends Kind>(by: Person, kind: K, predicate: Predicate<K>): string;
  join(by: Person, roles: Predicate<'participant.join'>['roles']): string;
  output(node: Person, version: string, more: Partial<Predicate<'output.receipt'>>): string;
  outputPredicate(
    node: Person,
    version: string,
    more: Partial<Predicate<'output.receipt'>>,
  ): Predicate<'output.receipt'>;
  /** Logs a witnessed checkpoint of everything so far, `time` seconds into the test. Returns its size. */
  witness(time: number): number;
}

/** A log with a gateway, a settler, and a price. */
export class PaidLog<Host extends PaidHost = LogBuilder> {
  readonly log: Host;
  readonly v1 = digestOf('a');
  readonly v2 = digestOf('b');
  readonly book: string;
  #requests = 0;
  #time = 100;
  #captured = new Map<string, bigint>();

  /** @param log everybody else has joined, and v1 is announced */
  constructor(log: Host) {
    this.log = log;
    this.log.join(gateway, ['gateway']);
    this.log.join(settler, ['settler']);
    this.book = this.log.add(gateway, 'price.publish', BOOK);
  }

  get money(): Money {
    return this.log.money;
  }

  /** An output with its order, delivered by the gateway. */
  answer(bend: Bend = {}): PaidAnswer {
    const by = bend.payer ?? payer;
    const node = bend.node ?? nodeA;
    const requestId = bend.requestId ?? `req-${this.#requests++}`;
    const { gateway: through = gateway, book = this.book, salt = ZERO_BYTES32 } = bend;
    const decision = this.log.timeline.registry.channels.get(channel)?.decisions.at(-1)?.id ?? '';
    const order: Order = {
      paymentChannel: paymentChannelId(configOf(by, salt), CHAIN),
      requestId,
      requestHash: bytes32Of('7'.repeat(64)),
      channel,
      target: bytes32Of(decision),
      priceBook: bytes32Of(book),
      maxAmount: '2000',
      deadline: '9999999999',
      ...bend.order,
    };
    const signed = {
      ...order,
      signature: (bend.orderBy ?? session).sign(orderDigest(domain, order)),
      by: session.address,
    };
    const ordered = bend.ordered ?? true;
    const receipt: Partial<Predicate<'output.receipt'>> = {
      request: { id: requestId, client: bend.client ?? by.address, hash: `hmac-sha256:${'7'.repeat(64)}` },
      usage: USAGE,
      ...(ordered ? { order: orderHash(domain, order) } : {}),
      amount: String(PRICE),
      ...bend.receipt,
    };
    const id = this.#sign(node, bend.version ?? this.v1, receipt, bend.receiptBy ?? node.payment);
    if (bend.delivered ?? true) this.deliver(id, through);
    return { receipt: id, order: ordered ? signed : undefined, payer: by, gateway: through, book, salt };
  }

  /** The gateway says that it delivered a receipt. */
  deliver(receipt: string, by: Person = gateway): string {
    return this.log.add(by, 'request.deliver', { receipt, bytesSent: '4' });
  }

  /** Another node's receipt for the same request, as failover makes one. */
  twin(first: PaidAnswer, bend: Bend = {}): PaidAnswer {
    const record = this.log.timeline.record(first.receipt);
    if (record?.kind !== 'output.receipt') throw new Error('no receipt');
    const { request, order } = record.predicate;
    const receipt = { request, attempt: 1, ...(order === undefined ? {} : { order }) };
    const { receipt: id } = this.answer({ ...bend, ordered: false, receipt });
    return { ...first, receipt: id };
  }

  /** The charge of an answer, as an honest gateway makes it; `more` bends it. */
  charge(
    { receipt, order, payer: by, gateway: through, book, salt }: PaidAnswer,
    more: Partial<Predicate<'charge'>> = {},
    signer: Person = through,
  ): string {
    const config = configOf(by, salt);
    const paymentChannel = paymentChannelId(config, CHAIN);
    const cumulative = (this.#captured.get(paymentChannel) ?? 0n) + PRICE;
    this.#captured.set(paymentChannel, cumulative);
    return this.log.add(signer, 'charge', {
      receipt,
      scheme: 'batch-settlement',
      network: NETWORK,
      payer: by.address,
      amount: String(PRICE),
      fee: String(feeOf(BOOK, PRICE)),
      priceBook: book,
      ...(order === undefined ? {} : { order }),
      batch: {
        paymentChannel,
        config,
        cumulative: String(cumulative),
        voucher: voucherOf(by, 1_000_000n, session, salt),
      },
      ...more,
    });
  }

  /** A witnessed checkpoint, a hundred seconds after the one before. */
  witness(): number {
    this.#time += 100;
    return this.log.witness(this.#time);
  }

  /** Answers and charges, with a witnessed checkpoint between. */
  charged(count: number, bend: Bend = {}): string[] {
    const answers = Array.from({ length: count }, () => this.answer(bend));
    this.witness();
    return answers.map((answer) => (this.charge(answer), answer.receipt));
  }

  /** Logs a batch over everything since the last one, as an honest settler does; `more` bends what is logged. */
  batched(more: Partial<Predicate<'batch'>> = {}): BatchContent {
    const { batches } = this.money;
    const number = batches.length + 1;
    const from = Number(batches.at(-1)?.predicate.to ?? 0);
    const range = { number, from, to: this.log.size };
    const of = { network: NETWORK, vault: VAULT, settler: SETTLER, treasury: TREASURY };
    const content = batchContent(this.money, { ...range, ...of });
    const { root, channelsRoot, charges, total, credits } = content;
    this.log.add(settler, 'batch', {
      number: String(number),
      network: NETWORK,
      vault: VAULT,
      from: String(from),
      to: String(range.to),
      root,
      count: String(charges.length),
      total: String(total),
      channelsRoot,
      treasury: TREASURY,
      credits: credits.map(({ to, amount }) => ({ to, amount: String(amount) })),
      tx: `0x${'6'.repeat(64)}`,
      ...more,
    });
    return content;
  }

  /** A receipt with its payment signature: built twice, because the signature is over the rest of it. */
  #sign(
    node: Person,
    version: string,
    more: Partial<Predicate<'output.receipt'>>,
    by: typeof session,
  ): string {
    const predicate = this.log.outputPredicate(node, version, more);
    const signature = by.sign(receiptPaymentDigest(domain, node.keyId, predicate));
    return this.log.output(node, version, { paymentSignature: signature.slice(2), ...more });
  }
}

export function voucherOf(by: typeof payer, ceiling: bigint, signer = session, salt: string = ZERO_BYTES32) {
  const id = paymentChannelId(configOf(by, salt), CHAIN);
  return { maxClaimableAmount: String(ceiling), signature: signer.sign(voucherDigest(id, ceiling, CHAIN)) };
}

/** A paid log in the views' own form. */
export const paidLog = (): PaidLog => new PaidLog(begun().log);
