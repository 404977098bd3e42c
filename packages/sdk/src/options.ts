/** What a client is made with: where to ask, whom to trust; clock, chance and network come in from outside. */
import { type Clock, type Entropy, keyIdOf, randomBytes, type Signer, systemClock } from '@assay/core';
import { parsePolicy, type Policy } from '@assay/log';
import { curve as platformCurve, send as platformSend } from '#platform';
import type { Secp256k1 } from '@assay/pay';
import { SdkError } from './errors.ts';
import { type Budget, Spending } from './money/budget.ts';
import { type PayableToken, PayFetch } from './money/pay-fetch.ts';
import { EvidenceBook } from './money/evidence.ts';
import { PaymentBook } from './money/payment-book.ts';
import { Purse } from './money/purse.ts';
import { memoryStore, type MoneyStore } from './money/store.ts';
import type { Wallet } from './money/wallet.ts';
import { type Fetch, Gateway, type Send } from './gateway.ts';
import { type Participants, provenParticipants } from './nodes.ts';

/** Options of {@link Assay}. */
export interface AssayOptions {
  /** URL of a gateway, or several, best first: the others are asked when it fails. */
  readonly gateway: string | readonly string[];
  /** Whom to trust: log keys, witnesses, quorum, as the text of a tlog-policy. Never take it from the gateway. */
  readonly policy: Policy | string;
  /** Who asks, as it will stand in the public log: a short name. The key's id, the wallet's address, else `anonymous`. */
  readonly client?: string | undefined;
  /** The key that asks and signs what it asks: what it did with an answer is then its own to settle and to erase. */
  readonly key?: Signer | undefined;
  /** Who is a node. By default the joins that the gateway hands out, each with its proof under `policy`. */
  readonly participants?: Participants;
  /** Tries per gateway before the next one is asked. */
  readonly tries?: number;
  /** Whether proofs are followed in the background as soon as an answer is there. */
  readonly followProofs?: boolean;
  /** Pays for answers that cost something; without it they are refused. */
  readonly wallet?: Wallet | undefined;
  /** What may be spent, in whole tokens. */
  readonly budget?: Budget | undefined;
  /** What is deposited at once, in whole tokens: `1` unless said otherwise. It is the most that can ever be lost. */
  readonly deposit?: string | undefined;
  /** Tokens that `fetch` may spend on servers that are no gateway. */
  readonly payable?: readonly PayableToken[] | undefined;
  /** JSON-RPC of the chain on which payments settle, for `payments.explain`. Never take it from the gateway. */
  readonly rpc?: string | undefined;
  /** Where payments, deposits and the evidence of each order are remembered; in memory by default. */
  readonly store?: MoneyStore | undefined;
  /** Verifies payment signatures: on Node a native one where there is one, in browsers plain JavaScript. */
  readonly curve?: Secp256k1;
  /** In place of the platform's own way to ask, also for gateways. */
  readonly fetch?: Fetch;
  readonly clock?: Clock;
  readonly entropy?: Entropy;
  readonly sleep?: (ms: number) => Promise<void>;
}

/** Options with their defaults filled in. */
export interface Settings {
  readonly gateways: readonly Gateway[];
  readonly policy: Policy;
  readonly client: string | undefined;
  readonly key: Signer | undefined;
  readonly participants: Participants;
  readonly tries: number;
  readonly followProofs: boolean;
  readonly curve: Secp256k1;
  readonly purse: Purse | undefined;
  readonly payFetch: PayFetch | undefined;
  readonly book: PaymentBook;
  readonly evidence: EvidenceBook;
  readonly rpc: string | undefined;
  readonly fetch: Fetch;
  /** Asks gateways. */
  readonly send: Send;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly sleep: (ms: number) => Promise<void>;
}

const TRIES = 3;
const DEPOSIT = '1';

/** Fills in what is not given. @throws SdkError `usage`; PolicyError */
export function settingsOf(options: AssayOptions): Settings {
  const { fetch = (url, init) => globalThis.fetch(url, init), clock = systemClock } = options;
  const send = options.fetch ?? platformSend;
  const urls = typeof options.gateway === 'string' ? [options.gateway] : options.gateway;
  if (urls.length === 0) {
    throw new SdkError('usage', {
      what: 'no gateway is given',
      where: 'gateway',
      fix: 'Name one by its URL.',
    });
  }
  const policy = typeof options.policy === 'string' ? parsePolicy(options.policy) : options.policy;
  const { wallet, store = memoryStore(), budget = {}, entropy = { bytes: randomBytes } } = options;
  const spending = new Spending(budget, store, clock);
  const { deposit = DEPOSIT, payable = [] } = options;
  return {
    gateways: urls.map((url) => new Gateway(url, send)),
    policy,
    client:
      options.key === undefined ? (options.client ?? wallet?.owner.address) : keyIdOf(options.key.publicKey),
    key: options.key,
    participants: options.participants ?? provenParticipants(policy, clock),
    tries: options.tries ?? TRIES,
    followProofs: options.followProofs ?? true,
    curve: options.curve ?? platformCurve,
    purse: wallet === undefined ? undefined : new Purse({ wallet, spending, store, clock, entropy, deposit }),
    payFetch:
      wallet === undefined
        ? undefined
        : new PayFetch({ wallet, spending, store, clock, entropy, fetch, deposit, payable }),
    book: new PaymentBook(store),
    evidence: new EvidenceBook(store),
    rpc: options.rpc,
    fetch,
    send,
    clock,
    entropy,
    sleep: options.sleep ?? ((ms) => new Promise((resolve) => setTimeout(resolve, ms))),
  };
}
