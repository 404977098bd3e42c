/** Which payment channel belongs to which price, each opened once; and what a gateway still knows of one that was forgotten. */
import { bytes32Of, PAYMENT_REQUIRED, type PaymentRequirement, readPaymentRequired } from '@assay/pay';
import type { Gateway, Reply } from '../gateway.ts';
import { objectOf } from '../oip.ts';
import { PaymentChannel } from './payment-channel.ts';
import type { Price } from './quote.ts';
import type { MoneyStore } from './store.ts';
import { Turns } from './turns.ts';
import type { Wallet } from './wallet.ts';

/** A payment channel in use, and whose turn it is to deposit. */
export interface OpenedChannel {
  readonly channel: PaymentChannel;
  readonly turns: Turns;
}

/** The payment channels of one wallet. */
export class OpenedChannels {
  readonly #wallet: Wallet;
  readonly #store: MoneyStore;
  readonly #byId = new Map<string, OpenedChannel>();
  /** A price's payment channel is computed once: it does not move while the price stands. */
  readonly #ofPrice = new WeakMap<Price, OpenedChannel>();

  constructor({ wallet, store }: { readonly wallet: Wallet; readonly store: MoneyStore }) {
    this.#wallet = wallet;
    this.#store = store;
  }

  /** The channel in which answers at this price are paid, as it stands. @throws GatewayAway */
  async of(gateway: Gateway, price: Price, offer: PaymentRequirement): Promise<OpenedChannel> {
    const opened = this.#ofPrice.get(price);
    if (opened !== undefined) return opened;
    const fresh = new PaymentChannel({
      wallet: this.#wallet,
      chainId: price.chainId,
      offer,
      store: this.#store,
      salt: bytes32Of(price.gateway),
    });
    const made = this.#byId.get(fresh.id) ?? { channel: fresh, turns: new Turns() };
    this.#ofPrice.set(price, made);
    if (made.channel !== fresh) return made;
    this.#byId.set(fresh.id, made);
    const leave = await made.turns.enter();
    try {
      await fresh.load();
      if (!fresh.isKnown) await this.ask(gateway, fresh);
    } finally {
      leave();
    }
    return made;
  }

  /** What the gateway knows of a channel that we have forgotten, or never opened. Whether it was to be believed. */
  async ask(gateway: Gateway, channel: PaymentChannel): Promise<boolean> {
    const told = objectOf(await gateway.json(`/assay/v1/payment-channels/${channel.id}`));
    const voucher = objectOf(told['voucher']);
    return channel.learn({
      balance: BigInt(String(told['balance'] ?? 0)),
      cumulative: BigInt(String(told['cumulative'] ?? 0)),
      ...(typeof voucher['signature'] === 'string'
        ? {
            voucher: {
              max: BigInt(String(voucher['maxClaimableAmount'] ?? 0)),
              signature: voucher['signature'],
            },
          }
        : {}),
    });
  }

  /** The same from a 402, where that says it. */
  async learn(channel: PaymentChannel, reply: Reply, gateway: Gateway): Promise<boolean> {
    const header = reply.headers.get(PAYMENT_REQUIRED);
    if (header === null) return false;
    const { accepts } = readPaymentRequired(header);
    const extra = accepts.find(({ scheme }) => scheme === 'batch-settlement')?.extra ?? {};
    const state = objectOf(extra['channelState']);
    const voucher = objectOf(extra['voucherState']);
    if (typeof state['chargedCumulativeAmount'] !== 'string') return this.ask(gateway, channel);
    return channel.learn({
      balance: channel.balance,
      cumulative: BigInt(state['chargedCumulativeAmount']),
      voucher: {
        max: BigInt(String(voucher['signedMaxClaimable'] ?? 0)),
        signature: String(voucher['signature']),
      },
    });
  }
}
