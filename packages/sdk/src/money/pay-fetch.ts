/** A `fetch` that pays any x402 v2 server: by `exact`, or by vouchers of scheme `batch-settlement`, within the budget. */
import { type Clock, type Entropy, unixSeconds } from '@assay/core';
import {
  type Address,
  chainIdOf,
  evmHex,
  PAYMENT_REQUIRED,
  PAYMENT_RESPONSE,
  PAYMENT_SIGNATURE,
  type PaymentRequired,
  type PaymentRequirement,
  readPaymentRequired,
  readSettleResponse,
  type SettleResponse,
  transferDigest,
  writeHeader,
} from '@assay/pay';
import { SdkError } from '../errors.ts';
import type { Fetch } from '../gateway.ts';
import { objectOf } from '../oip.ts';
import { atomic, decimalText } from './amounts.ts';
import type { Spending } from './budget.ts';
import { PaymentChannel } from './payment-channel.ts';
import type { MoneyStore } from './store.ts';
import { Turns } from './turns.ts';
import type { Wallet } from './wallet.ts';

/** A token that may be spent on servers that are no gateway of ours. */
export interface PayableToken {
  /** CAIP-2. */
  readonly network: string;
  readonly asset: string;
  readonly decimals: number;
}

/** What paying needs. */
export interface PayFetchOptions {
  readonly wallet: Wallet;
  readonly spending: Spending;
  readonly store: MoneyStore;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly fetch: Fetch;
  readonly deposit: string;
  readonly payable: readonly PayableToken[];
}

/** An offer that we can pay, and in which token. */
interface Payable {
  readonly offer: PaymentRequirement;
  readonly token: PayableToken;
}

/** A payment on its way. */
interface Sending {
  readonly payload: Record<string, unknown>;
  /** Books what the server says became of it. */
  readonly ended: (response: SettleResponse | undefined) => Promise<void>;
}

/** Pays servers; requests on one payment channel follow each other, as the scheme's own servers demand. */
export class PayFetch {
  readonly #options: PayFetchOptions;
  readonly #turns = new Map<string, Turns>();
  readonly #channels = new Map<string, PaymentChannel>();

  constructor(options: PayFetchOptions) {
    this.#options = options;
  }

  /**
   * Fetches, and pays when the server asks for it.
   *
   * @throws SdkError `price` | `budget` | `payment-refused`
   */
  async fetch(url: string, init: RequestInit = {}): Promise<Response> {
    const first = await this.#options.fetch(url, init);
    if (first.status !== 402) return first;
    await first.arrayBuffer();
    const leave = await this.#turnOf(new URL(url).origin).enter();
    try {
      return await this.#pay(url, init, requiredOf(first, url));
    } finally {
      leave();
    }
  }

  /** Pays once; and once more when the server shows what this client had forgotten. */
  async #pay(url: string, init: RequestInit, required: PaymentRequired): Promise<Response> {
    const { spending, fetch } = this.#options;
    for (let asked = required, again = false; ; again = true) {
      const { offer, token } = this.#choose(asked, url);
      const amount = BigInt(offer.amount);
      if (spending.most(amount, token.decimals) < amount) throw overBudget(amount, token, url);
      const account = new URL(url).host;
      await spending.reserve(account, amount, token.decimals);
      const sending =
        offer.scheme === 'exact' ? await this.#exact(offer) : await this.#batch(offer, token, asked);
      const { resource, extensions } = asked;
      const header = writeHeader({
        x402Version: 2,
        resource,
        accepted: offer,
        payload: sending.payload,
        ...(extensions === undefined ? {} : { extensions }),
      });
      const headers = new Headers(init.headers);
      headers.set(PAYMENT_SIGNATURE, header);
      const reply = await fetch(url, { ...init, headers });
      if (reply.status !== 402) {
        const text = reply.headers.get(PAYMENT_RESPONSE);
        await sending.ended(text === null ? undefined : readSettleResponse(text));
        return reply;
      }
      await reply.arrayBuffer();
      await sending.ended(undefined);
      await spending.giveBack(account, amount);
      asked = requiredOf(reply, url);
      if (!again) continue;
      throw new SdkError('payment-refused', {
        what: `the server did not take the payment: ${asked.error ?? 'no reason given'}`,
        where: url,
        fix: 'See that the wallet holds enough of the token.',
      });
    }
  }

  /** Vouchers before transfers: they cost the server no transaction. */
  #choose({ accepts }: PaymentRequired, where: string): Payable {
    const { payable } = this.#options;
    const ranked = ['batch-settlement', 'exact'].flatMap((scheme) =>
      accepts.filter(
        (offer) => offer.scheme === scheme && (offer.extra['assetTransferMethod'] ?? 'eip3009') === 'eip3009',
      ),
    );
    for (const offer of ranked) {
      const token = payable.find(
        ({ network, asset }) =>
          network === offer.network && asset.toLowerCase() === offer.asset.toLowerCase(),
      );
      if (token !== undefined) return { offer, token };
    }
    throw new SdkError('price', {
      what: `the server takes ${accepts.map(({ scheme, network, asset }) => `${scheme} in ${asset} on ${network}`).join(', ')}, none of which this client may spend`,
      where,
      fix: 'Name the token in the option "payable".',
    });
  }

  /** An EIP-3009 transfer of exactly the amount. */
  async #exact({
    network,
    asset,
    amount,
    payTo,
    maxTimeoutSeconds,
    extra,
  }: PaymentRequirement): Promise<Sending> {
    const { wallet, clock, entropy } = this.#options;
    const authorization = {
      from: wallet.owner.address,
      to: payTo,
      value: amount,
      validAfter: '0',
      validBefore: String(unixSeconds(clock) + maxTimeoutSeconds),
      nonce: evmHex(entropy.bytes(32)),
    };
    const domain = {
      name: String(extra['name']),
      version: String(extra['version']),
      chainId: chainIdOf(network),
      verifyingContract: asset.toLowerCase() as Address,
    };
    const digest = transferDigest(domain, {
      ...authorization,
      value: BigInt(amount),
      validAfter: 0n,
      validBefore: BigInt(authorization.validBefore),
    });
    const signature = await wallet.owner.sign(digest);
    return { payload: { authorization, signature }, ended: () => Promise.resolve() };
  }

  async #batch(offer: PaymentRequirement, token: PayableToken, asked: PaymentRequired): Promise<Sending> {
    const { clock, entropy } = this.#options;
    const channel = await this.#channelOf(offer);
    await learnFrom(channel, asked);
    const amount = BigInt(offer.amount);
    const ceiling = await channel.commit(amount);
    const missing = ceiling - channel.balance;
    const announced = BigInt(String(offer.extra['minDeposit'] ?? 0));
    const wanted = atomic(this.#options.deposit, token.decimals);
    const deposit = missing <= 0n ? 0n : [missing, announced, wanted].reduce((a, b) => (a > b ? a : b));
    const payload = {
      type: deposit === 0n ? 'voucher' : 'deposit',
      channelConfig: channel.config,
      voucher: await channel.voucher(ceiling),
      ...(deposit === 0n
        ? {}
        : { deposit: await channel.deposit(deposit, unixSeconds(clock), entropy.bytes(32)) }),
    };
    return {
      payload,
      ended: async (response) => {
        const isTaken = response?.success === true;
        if (isTaken && deposit > 0n) await channel.deposited(deposit);
        const said = objectOf(response?.extra)['chargedAmount'];
        const charged = isTaken ? BigInt(typeof said === 'string' ? said : offer.amount) : 0n;
        await channel.end(amount, charged <= amount ? charged : amount);
      },
    };
  }

  async #channelOf(offer: PaymentRequirement): Promise<PaymentChannel> {
    const { wallet, store } = this.#options;
    const fresh = new PaymentChannel({ wallet, chainId: chainIdOf(offer.network), offer, store });
    const known = this.#channels.get(fresh.id);
    if (known !== undefined) return known;
    await fresh.load();
    this.#channels.set(fresh.id, fresh);
    return fresh;
  }

  #turnOf(origin: string): Turns {
    const turns = this.#turns.get(origin) ?? new Turns();
    this.#turns.set(origin, turns);
    return turns;
  }
}

/** A 402 that shows our own newest voucher tells where the channel stands. */
async function learnFrom(channel: PaymentChannel, { accepts }: PaymentRequired): Promise<void> {
  const extra = accepts.find(({ scheme }) => scheme === 'batch-settlement')?.extra ?? {};
  const state = objectOf(extra['channelState']);
  const voucher = objectOf(extra['voucherState']);
  if (typeof state['chargedCumulativeAmount'] !== 'string') return;
  const balance = typeof state['balance'] === 'string' ? BigInt(state['balance']) : 0n;
  await channel.learn({
    balance: balance > channel.balance ? balance : channel.balance,
    cumulative: BigInt(state['chargedCumulativeAmount']),
    voucher: {
      max: BigInt(String(voucher['signedMaxClaimable'] ?? 0)),
      signature: String(voucher['signature']),
    },
  });
}

function requiredOf(reply: Response, where: string): PaymentRequired {
  const header = reply.headers.get(PAYMENT_REQUIRED);
  if (header !== null) return readPaymentRequired(header);
  throw new SdkError('price', {
    what: 'the server answers 402 without saying how to pay',
    where,
    fix: 'It speaks no x402 version 2.',
  });
}

const overBudget = (amount: bigint, { decimals }: PayableToken, where: string): SdkError =>
  new SdkError('budget', {
    what: `the answer costs ${decimalText(amount, decimals)}, which is over budget.perRequest`,
    where,
    fix: 'Raise budget.perRequest.',
  });
