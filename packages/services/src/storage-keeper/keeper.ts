/**
 * Looks after stored blobs: challenges their nodes, logs receipts that prove false, repairs what fell below its quorum, and renews
 * the leases of what is still wanted.
 *
 * The repair queue runs over all blobs at once, packs nearest to loss first. Above the quorum nothing is repaired: another
 * loss is what the code is for, and repair costs k shards of reading for each one rebuilt.
 */
import { fromHex, hex, type Predicate } from '@assay/core';
import {
  type Accusation,
  certificatePages,
  type Custody,
  FormatError,
  type Health,
  NodeError,
  openBlob,
  packCertificateId,
  storePages,
  TransferError,
} from '@assay/storage';
import { packsOf, silentNodes, type StorageConnection } from '../storage-client/index.ts';
import { challengeResult } from './challenge-results.ts';
import { currentCustody } from './current-custody.ts';
import { keepLease, type LeaseState } from './leases.ts';
import type { StorageRecords } from './storage-records.ts';

export interface KeeperOptions {
  readonly connection: StorageConnection;
  readonly records: StorageRecords;
  /** Leaves asked of each node per blob and round; a node reads a shard for each. */
  readonly leaves: number;
  /** Milliseconds without an answer after which a node's shards count as out of reach. Until then silence means nothing. */
  readonly absentAfterMs: number;
  readonly now: () => number;
  /** Leases of wanted blobs are renewed when they end within so many epochs. */
  readonly renewWithinEpochs: number;
  /** Signs and logs; returns the record id. */
  readonly say: <K extends 'challenge.result' | 'repair' | 'blob.certificate'>(
    kind: K,
    predicate: Predicate<K>,
  ) => Promise<string>;
}

/** One blob after a round. */
export interface KeptBlob {
  readonly blob: string;
  readonly before: Health;
  readonly after: Health;
  /** Packs made whole. */
  readonly repaired: number;
  /** Ids of the statements about false receipts that were logged. */
  readonly because: readonly string[];
  readonly lease: LeaseState;
  /** Why nothing could be said or done, when nothing could. */
  readonly problem?: Error;
}

interface Kept {
  readonly blob: string;
  readonly custody: Custody;
  readonly before: Health;
  readonly because: readonly string[];
  readonly lease: LeaseState;
  repaired: number;
  problem?: Error;
}

export class StorageKeeper {
  #options: KeeperOptions;
  /** Since when nodes have been silent, by name. */
  readonly #silentSince = new Map<string, number>();

  constructor(options: KeeperOptions) {
    this.#options = options;
  }

  /** Goes on over another connection to the same network: when its epoch has moved. */
  use(connection: StorageConnection): void {
    this.#options = { ...this.#options, connection };
  }

  /** One look at every blob, then the repairs that are due. */
  async round(): Promise<KeptBlob[]> {
    const absent = await this.#absent();
    const kept: Kept[] = [];
    const lost: KeptBlob[] = [];
    try {
      for (const blob of this.#options.records.blobs.keys()) {
        try {
          kept.push(await this.#look(blob, absent));
        } catch (error) {
          lost.push({ blob, ...NOTHING, problem: expected(error) });
        }
      }
      await repairAll(kept);
      for (const each of kept) await this.#logRepair(each);
      return [...kept.map(reportOf), ...lost];
    } finally {
      for (const { custody } of kept) custody[Symbol.dispose]();
    }
  }

  /** Nodes that have been silent for too long, by hexadecimal key. */
  async #absent(): Promise<Set<string>> {
    const { connection, absentAfterMs, now } = this.#options;
    const silent = new Set(await silentNodes(connection));
    const absent = new Set<string>();
    for (const { id } of connection.options.nodes) {
      const name = connection.nameOf(id);
      if (!silent.has(name)) this.#silentSince.delete(name);
      else if (!this.#silentSince.has(name)) this.#silentSince.set(name, now());
      if (now() - (this.#silentSince.get(name) ?? now()) >= absentAfterMs && silent.has(name))
        absent.add(hex(id));
    }
    return absent;
  }

  async #look(blob: string, absent: ReadonlySet<string>): Promise<Kept> {
    const { connection, records, leaves } = this.#options;
    using opened = await openBlob(fromHex(blob), connection.options);
    const stands = await currentCustody(opened.manifest, records.of(blob), { connection, absent });
    const { lease, custody } = await keepLease(stands, {
      ...this.#options,
      blob,
      manifest: opened.manifest,
      absent,
    });
    const greeted = await custody.greet();
    const { accusations } = await custody.audit(connection.options.randomBytes(32), leaves);
    const because: string[] = [];
    for (const accusation of [...greeted, ...accusations]) {
      const id = await this.#accuse(blob, accusation);
      if (id !== undefined) because.push(id);
    }
    return { blob, custody, lease, before: custody.health(), because, repaired: 0 };
  }

  /** Logs a false receipt, unless the log has it already. */
  async #accuse(blob: string, accusation: Accusation): Promise<string | undefined> {
    const { connection, records, say } = this.#options;
    // Struck here, for we know when we asked; before others it takes the node's own history.
    if (accusation.hello === undefined) return undefined;
    const said = await challengeResult(accusation, { blob, connection });
    return records.sameResult(said) === undefined ? say('challenge.result', said) : undefined;
  }

  async #logRepair({ blob, custody, repaired, because }: Kept): Promise<void> {
    if (repaired === 0) return;
    await this.#options.say(
      'repair',
      await repairStatement(custody, { blob, repaired, because }, this.#options.connection),
    );
  }
}

/** What a repair is logged as, its new pack certificates stored first. */
export async function repairStatement(
  custody: Custody,
  done: { readonly blob: string; readonly repaired: number; readonly because: readonly string[] },
  { options }: StorageConnection,
): Promise<Predicate<'repair'>> {
  const certificates = custody.certificates();
  const session = hex(options.randomBytes(16));
  const pages = await storePages(certificatePages(certificates), { ...options, session });
  return {
    blob: done.blob,
    repaired: String(done.repaired),
    packs: packsOf(certificates.map(packCertificateId)),
    certificates: pages.map(hex),
    because: done.because.slice(0, 32),
  };
}

/** Packs of all blobs below their quorum, those nearest to loss first. */
async function repairAll(kept: readonly Kept[]): Promise<void> {
  const queue = kept.flatMap((each) => each.custody.needy().map((needy) => ({ each, ...needy })));
  queue.sort((a, b) => a.margin - b.margin);
  for (const { each, pack } of queue) {
    try {
      if (await each.custody.repairOne(pack)) each.repaired++;
    } catch (error) {
      each.problem = expected(error);
    }
  }
}

const NOTHING = {
  before: { least: 0, of: 0, belowQuorum: 0 },
  after: { least: 0, of: 0, belowQuorum: 0 },
  repaired: 0,
  because: [],
  lease: { state: 'unknown', until: undefined },
} as const;

const reportOf = ({ custody, problem, ...rest }: Kept): KeptBlob => ({
  ...rest,
  after: custody.health(),
  ...(problem === undefined ? {} : { problem }),
});

/** What a storage network may be at fault for; anything else is ours. */
function expected(error: unknown): Error {
  if (error instanceof TransferError || error instanceof NodeError || error instanceof FormatError)
    return error;
  throw error;
}
