/**
 * One payment channel as its payer keeps it: what was signed away, what came back, and what is deposited.
 *
 * `committed` is the sum of what answers were charged and of what open requests may cost at most. A voucher of that size
 * covers every request whose answer we know of or wait for, in whatever order they arrive; nothing more is signed.
 */
import {
  type Address,
  type ChannelConfig,
  DEPOSIT_COLLECTOR_ADDRESS,
  depositNonce,
  type EvmHex,
  evmHex,
  MoneyError,
  paymentChannelId,
  type PaymentRequirement,
  receiveDigest,
  recoverSigner,
  voucherDigest,
  ZERO_BYTES32,
} from '@assay/pay';
import type { MoneyStore } from './store.ts';
import type { Wallet } from './wallet.ts';

/** What a channel is made of. */
export interface ChannelParts {
  readonly wallet: Wallet;
  readonly chainId: number;
  readonly offer: PaymentRequirement;
  readonly store: MoneyStore;
  /** 32 bytes, `0x…`: at a gateway of ours its key, so that no two of them keep books of one channel; zero elsewhere. */
  readonly salt?: EvmHex;
}

/** What a gateway says of a channel; believed as far as our own signature proves it. */
export interface ToldState {
  readonly balance: bigint;
  readonly cumulative: bigint;
  readonly voucher?: { readonly max: bigint; readonly signature: string } | undefined;
}

/** A voucher as it stands in a payload. */
export interface SignedVoucher {
  readonly channelId: string;
  readonly maxClaimableAmount: string;
  readonly signature: string;
}

/** A payment channel. */
export class PaymentChannel {
  readonly id: EvmHex;
  readonly config: ChannelConfig;
  readonly #parts: ChannelParts;
  #balance = 0n;
  #committed = 0n;
  #open = 0n;
  #known = false;

  constructor(parts: ChannelParts) {
    const { wallet, chainId, offer, salt = ZERO_BYTES32 } = parts;
    this.#parts = parts;
    this.config = {
      payer: wallet.owner.address,
      payerAuthorizer: wallet.session.address,
      receiver: offer.payTo,
      receiverAuthorizer: String(offer.extra['receiverAuthorizer']),
      token: offer.asset,
      withdrawDelay: Number(offer.extra['withdrawDelay']),
      salt,
    };
    this.id = paymentChannelId(this.config, chainId);
  }

  /** Whether its standing is known, from earlier or from the gateway. */
  get isKnown(): boolean {
    return this.#known;
  }

  get balance(): bigint {
    return this.#balance;
  }

  get committed(): bigint {
    return this.#committed;
  }

  /** Takes up what an earlier process kept. */
  async load(): Promise<void> {
    const text = await this.#parts.store.get(`channel ${this.id}`);
    // Emptied where something else than this client moved the deposit.
    if (text === undefined || text === '') return;
    const { balance, committed } = JSON.parse(text) as Record<string, string>;
    this.#balance = BigInt(balance ?? 0);
    this.#committed = BigInt(committed ?? 0);
    this.#known = true;
  }

  /**
   * Takes a gateway's word for the channel. Its balance only decides whether we deposit; what it says was charged counts
   * up to a voucher that we signed. Requests that are on their way are added to that.
   */
  async learn({ balance, cumulative, voucher }: ToldState): Promise<boolean> {
    if (cumulative > 0n && !this.#isOurs(voucher, cumulative)) return false;
    this.#balance = balance;
    this.#committed = cumulative + this.#open;
    this.#known = true;
    await this.#keep();
    return true;
  }

  /** Sets `max` aside; the voucher must then go up to what is returned. */
  async commit(max: bigint): Promise<bigint> {
    this.#committed += max;
    this.#open += max;
    await this.#keep();
    return this.#committed;
  }

  /** The request ended: of `max`, `charged` is owed, and the rest is ours again. */
  async end(max: bigint, charged: bigint): Promise<void> {
    this.#open -= max;
    this.#committed -= max - charged;
    await this.#keep();
  }

  /** The request's end is not known: its money stays committed, until the gateway is asked again. */
  lose(max: bigint): void {
    this.#open -= max;
    this.#known = false;
  }

  /** What is on the chain is not certain any more: it is asked for before the next payment. */
  doubt(): void {
    this.#known = false;
  }

  /** A deposit has arrived. */
  async deposited(amount: bigint): Promise<void> {
    this.#balance += amount;
    this.#known = true;
    await this.#keep();
  }

  /** A voucher up to `ceiling`. */
  async voucher(ceiling: bigint): Promise<SignedVoucher> {
    const digest = voucherDigest(this.id, ceiling, this.#parts.chainId);
    const signature = await this.#parts.wallet.session.sign(digest);
    return { channelId: this.id, maxClaimableAmount: String(ceiling), signature };
  }

  /** A signed deposit, as it stands in a payload. @param now Unix seconds */
  async deposit(amount: bigint, now: number, salt: Uint8Array): Promise<Record<string, unknown>> {
    const { wallet, chainId, offer } = this.#parts;
    const saltHex = evmHex(salt);
    const validBefore = BigInt(now + offer.maxTimeoutSeconds);
    const token = {
      name: String(offer.extra['name']),
      version: String(offer.extra['version']),
      chainId,
      verifyingContract: offer.asset as Address,
    };
    const digest = receiveDigest(token, {
      from: wallet.owner.address,
      to: DEPOSIT_COLLECTOR_ADDRESS,
      value: amount,
      validAfter: 0n,
      validBefore,
      nonce: depositNonce(this.id, saltHex),
    });
    const erc3009Authorization = {
      validAfter: '0',
      validBefore: String(validBefore),
      salt: saltHex,
      signature: await wallet.owner.sign(digest),
    };
    return { amount: String(amount), authorization: { erc3009Authorization } };
  }

  #isOurs(voucher: ToldState['voucher'], cumulative: bigint): boolean {
    if (voucher === undefined || cumulative > voucher.max) return false;
    const digest = voucherDigest(this.id, voucher.max, this.#parts.chainId);
    try {
      return recoverSigner(digest, voucher.signature) === this.#parts.wallet.session.address;
    } catch (error) {
      if (error instanceof MoneyError) return false;
      throw error;
    }
  }

  /** A crash after it and before the request goes out leaves money committed that nobody asked for; the gateway corrects it. */
  #keep(): Promise<void> {
    const state = { balance: String(this.#balance), committed: String(this.#committed) };
    return this.#parts.store.set(`channel ${this.id}`, JSON.stringify(state));
  }
}
