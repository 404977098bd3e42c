/** What a payer can show later: each order before it leaves, and what came of it, kept in the client's store. */
import type { SignedOrder } from '@assay/pay';
import type { SignedVoucher } from './payment-channel.ts';
import type { MoneyStore } from './store.ts';

/**
 * `sent`: its end is not known · `answered`: the answer's receipt held · `declined`: the gateway said no ·
 * `refused`: an answer came and did not hold.
 */
export type EvidenceState = 'sent' | 'answered' | 'declined' | 'refused';

/** What was signed away for an answer. */
export interface OrderEvidence {
  /** CAIP-2. */
  readonly network: string;
  readonly vault: string;
  readonly order: SignedOrder;
  /** Digest of the order, 64 digits: what receipts call it. */
  readonly hash: string;
  readonly voucher: SignedVoucher;
}

/** A receipt as it came: nothing of it need be true. */
export interface KeptReceipt {
  /** Record id that it was named by. */
  readonly id: string;
  /** Exact bytes of its entry, in base64. */
  readonly entry: string;
}

/** An answer that was refused, as it came. */
export interface KeptAnswer {
  /** SHA-256 of the body, hex. */
  readonly sha256: string;
  readonly bytes: number;
  /** The body in base64, where it is at most 16 KiB. */
  readonly body?: string;
}

/** One request as its client can prove it. */
export interface Evidence {
  readonly state: EvidenceState;
  readonly request: string;
  /** Full name. */
  readonly model: string;
  readonly gateway: string;
  /** Unix milliseconds of the client's clock, when the order left. */
  readonly at: number;
  /** Absent where the answer was free. */
  readonly ordered?: OrderEvidence;
  readonly receipt?: KeptReceipt;
  readonly answer?: KeptAnswer;
  /** Why it was refused or declined. */
  readonly reason?: { readonly code: string; readonly what: string };
}

type Folder = 'sent' | 'closed' | 'refused';

const FOLDERS: Readonly<Record<EvidenceState, Folder>> = {
  sent: 'sent',
  answered: 'closed',
  declined: 'closed',
  refused: 'refused',
};
/** How many of each are kept, the newest: what went well pushes out nothing that did not. */
export const EVIDENCE_KEPT: Readonly<Record<Folder, number>> = { sent: 1_024, closed: 256, refused: 256 };
const TIME_DIGITS = 15;

/** The evidence of one client, or of several that share its store: each text has a key of its own. */
export class EvidenceBook {
  readonly #store: MoneyStore;
  /** Keys of a folder, oldest first, as this book knows them. */
  readonly #keys = new Map<Folder, Promise<Set<string>>>();

  constructor(store: MoneyStore) {
    this.#store = store;
  }

  /** Keeps it. An order may leave once this has resolved. */
  async keep(evidence: Evidence): Promise<void> {
    const folder = FOLDERS[evidence.state];
    const key = keyOf(folder, evidence);
    await this.#store.set(key, JSON.stringify(evidence));
    // A crash here leaves both; what came of it is found first.
    if (folder !== 'sent') await this.#drop('sent', keyOf('sent', evidence));
    await this.#bound(folder, key);
  }

  /** Everything kept, or what is in one state, newest first. */
  async list(state?: EvidenceState): Promise<Evidence[]> {
    const found: Evidence[] = [];
    for (const folder of state === undefined ? SEARCHED : [FOLDERS[state]]) {
      for (const key of await this.#store.keys(`evidence ${folder} `)) {
        const evidence = await this.#read(key);
        if (evidence !== undefined && (state ?? evidence.state) === evidence.state) found.push(evidence);
      }
    }
    return found.toSorted((a, b) => b.at - a.at);
  }

  /** The newest of a request, or of a receipt by its id or the beginning of it; what was refused before all others. */
  async find(id: string): Promise<Evidence | undefined> {
    for (const folder of SEARCHED) {
      for (const key of (await this.#store.keys(`evidence ${folder} `)).toReversed()) {
        const evidence = await this.#read(key);
        if (evidence?.request === id || evidence?.ordered?.hash === id) return evidence;
        if (id.length >= MIN_PREFIX && evidence?.receipt?.id.startsWith(id) === true) return evidence;
      }
    }
    return undefined;
  }

  async #read(key: string): Promise<Evidence | undefined> {
    const text = await this.#store.get(key);
    return text === undefined ? undefined : (JSON.parse(text) as Evidence);
  }

  async #bound(folder: Folder, key: string): Promise<void> {
    const keys = (await this.#known(folder)).add(key);
    for (const oldest of keys) {
      if (keys.size <= EVIDENCE_KEPT[folder]) break;
      keys.delete(oldest);
      await this.#store.delete(oldest);
    }
  }

  async #drop(folder: Folder, key: string): Promise<void> {
    (await this.#known(folder)).delete(key);
    await this.#store.delete(key);
  }

  #known(folder: Folder): Promise<Set<string>> {
    const known =
      this.#keys.get(folder) ?? this.#store.keys(`evidence ${folder} `).then((keys) => new Set(keys));
    this.#keys.set(folder, known);
    known.catch(() => this.#keys.delete(folder));
    return known;
  }
}

const SEARCHED: readonly Folder[] = ['refused', 'closed', 'sent'];
/** Fewer digits name no receipt. */
const MIN_PREFIX = 8;

/** In the order of time; one order has one key in a folder. */
const keyOf = (folder: Folder, { at, ordered, request }: Evidence): string =>
  `evidence ${folder} ${String(at).padStart(TIME_DIGITS, '0')} ${ordered?.hash ?? 'free'} ${request}`;
