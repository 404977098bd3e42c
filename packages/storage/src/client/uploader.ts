/** Uploads a blob: plan, send packs to a quorum, send the manifest's pages, seal. The table of contents of a write. */
import { hex } from '@assay/core';
import type { Kernel } from '../codec/kernel.ts';
import type { BlobCertificate, PackCertificate, VerifiedBlobCertificate } from '../certificate.ts';
import { checkCommittee, type Committee } from '../committee.ts';
import { TransferError } from '../errors.ts';
import type { Manifest } from '../format/manifest.ts';
import { type PackHeader, packId } from '../format/pack.ts';
import { encodeManifest } from '../format/pages.ts';
import {
  manifestOf,
  planDigest,
  type PlannedPack,
  planUpload,
  type SourceFile,
  type UploadPlan,
} from '../format/plan.ts';
import { Progress, type ProgressEvent } from '../progress.ts';
import type { VerifiedReceipt } from '../receipt.ts';
import { type EncodedPack, encodePack, encodePage } from './encode.ts';
import type { UploadEvent } from './events.ts';
import { UploadJournal } from './journal.ts';
import { Lane } from './lane.ts';
import { HedgeBudget, type TaskContext } from './pack-task.ts';
import type { Clock, Journal, Random, StorageNode } from './ports.ts';
import { Publisher } from './publisher.ts';
import { reuseParentPacks } from './reuse.ts';
import { sealBlob } from './seal.ts';
import { Transfer } from './transfer.ts';
import { checkAll, checkNode, type WatchOptions } from './watch.ts';

export interface UploadOptions {
  readonly committee: Committee;
  /** The committee's nodes, in any order. */
  readonly nodes: readonly StorageNode[];
  readonly kernel: Kernel;
  readonly clock: Clock;
  readonly random: Random;
  readonly randomBytes: (length: number) => Uint8Array;
  readonly journal: Journal;
  /** Bytes of a shard at most; k of them make a pack. */
  readonly shardBytes: number;
  /** Packs in memory at once: memory is about window · shardBytes · n, whatever the size of the files. */
  readonly window: number;
  readonly parent?: { readonly blobId: Uint8Array; readonly manifest: Manifest };
  readonly onEvent?: (event: UploadEvent) => void;
  readonly signal?: AbortSignal;
}

export interface UploadResult {
  readonly blobId: Uint8Array;
  readonly manifest: Manifest;
  readonly certificate: BlobCertificate;
  /** In manifest order: what challenges and repair start from. */
  readonly packCertificates: readonly PackCertificate[];
  /** Bytes of shards sent twice while the first copy might still arrive. */
  readonly hedgedBytes: number;
}

/**
 * Stores files and returns a certificate that q nodes signed. Nodes that are slow or gone delay nothing as long as q can
 * be spoken to; with fewer it waits. Run again with the same journal, it goes on where it was.
 *
 * @throws TransferError `source-changed` | `journal` | `aborted`; NodeError `bad-shard` if a node finds our bytes wrong
 */
export async function upload(files: readonly SourceFile[], options: UploadOptions): Promise<UploadResult> {
  checkCommittee(options.committee);
  const packBytes = options.committee.profile.k * options.shardBytes;
  const { parent } = options;
  const plan = await planUpload(files, { packBytes, ...(parent === undefined ? {} : { parent }) });
  const run = new UploadRun(files, plan, options);
  try {
    return await run.complete();
  } finally {
    run.stop();
  }
}

class UploadRun {
  readonly #files: readonly SourceFile[];
  readonly #plan: UploadPlan;
  readonly #options: UploadOptions;
  readonly #abort = new AbortController();
  readonly #progress: Progress;
  readonly #progresses: Progress[];
  readonly #journal: UploadJournal;
  readonly #publisher: Publisher;
  readonly #lanes: ReadonlyMap<string, Lane>;
  readonly #headers = new Map<number, PackHeader>();
  readonly #hedges = new HedgeBudget();
  readonly #boots = new Map<string, string>();
  readonly #transfers = new Map<Progress, Transfer>();
  #session = '';
  #fatal: Error | undefined;

  constructor(files: readonly SourceFile[], plan: UploadPlan, options: UploadOptions) {
    this.#files = files;
    this.#plan = plan;
    this.#options = options;
    const fresh = plan.packs.map(({ packLen }) => ({ bytes: packLen, reused: false }));
    const reused = plan.reused.map(({ bytes }) => ({ bytes, reused: true }));
    this.#progress = new Progress([...fresh, ...reused], options.committee.profile);
    this.#progresses = [this.#progress];
    this.#journal = new UploadJournal(options.journal);
    const emit = (event: UploadEvent): void => options.onEvent?.(event);
    const onFatal = (error: Error): void => this.#fail(error);
    const { clock } = options;
    this.#publisher = new Publisher({
      progress: this.#progress,
      journal: this.#journal,
      clock,
      emit,
      onFatal,
    });
    this.#lanes = new Map(options.nodes.map((node) => [hex(node.id), this.#lane(node)]));
    options.signal?.addEventListener('abort', () => this.#abort.abort(), { once: true });
  }

  async complete(): Promise<UploadResult> {
    await this.#resume();
    for (;;) {
      await this.#sendPacks();
      const manifest = manifestOf(
        this.#plan,
        this.#plan.packs.map((_, i) => this.#headers.get(i) as PackHeader),
      );
      const paged = encodeManifest(manifest);
      await this.#sendPages([...paged.pages.values()]);
      // Whoever lost its log meanwhile is found here, before anybody signs for the whole.
      await checkAll(this.#lanes.values(), this.#watch());
      const certificate = await this.#seal(paged.blobId, manifest);
      if (certificate !== undefined) return this.#finish({ blobId: paged.blobId, manifest, certificate });
    }
  }

  stop(): void {
    this.#abort.abort();
    for (const transfer of this.#transfers.values()) transfer.close();
  }

  async #resume(): Promise<void> {
    const digest = planDigest(this.#plan);
    const { committee, randomBytes } = this.#options;
    const restored = this.#journal.restore(digest, committee);
    this.#session = restored?.session ?? hex(randomBytes(16));
    if (restored === undefined) this.#journal.begin(digest, this.#session);
    restored?.headers.forEach((header, pack) => this.#headers.set(pack, header));
    for (const { pack, receipt } of restored?.receipts ?? []) this.#progress.receipt(pack, receipt);
    if (restored !== undefined) await this.#publisher.flush();
    await checkAll(this.#lanes.values(), this.#watch());
    await reuseParentPacks(this.#plan, this.#context(this.#progress), this.#abort.signal);
  }

  async #sendPacks(): Promise<void> {
    const load = (pack: number): Promise<EncodedPack> => this.#loadPack(pack);
    await this.#transfer(this.#progress, { count: this.#plan.packs.length + this.#plan.reused.length, load });
  }

  async #sendPages(pages: readonly Uint8Array[]): Promise<void> {
    const { profile, members } = this.#options.committee;
    const progress = new Progress(
      pages.map((page) => ({ bytes: page.length, reused: false })),
      profile,
    );
    this.#progresses.splice(1, 1, progress);
    await this.#transfer(progress, {
      count: pages.length,
      load: async (i) => encodePage(pages[i] as Uint8Array, members.length),
    });
  }

  async #transfer(
    progress: Progress,
    job: { count: number; load: (pack: number) => Promise<EncodedPack> },
  ): Promise<void> {
    const need = this.#options.committee.profile.q;
    const transfer = new Transfer({
      ...job,
      context: this.#context(progress),
      window: this.#options.window,
      onWaiting: (have) => this.#options.onEvent?.({ type: 'waiting', have, need }),
    });
    this.#transfers.set(progress, transfer);
    await transfer.run(this.#abort.signal);
    this.#throwIfStopped();
    await transfer.finishTails(this.#abort.signal);
    await this.#publisher.flush();
  }

  async #seal(blobId: Uint8Array, manifest: Manifest): Promise<VerifiedBlobCertificate | undefined> {
    const { committee, clock } = this.#options;
    const lanes = [...this.#lanes.values()];
    const signal = this.#abort.signal;
    const certificate = await sealBlob({
      blobId,
      manifest,
      progress: this.#progress,
      committee,
      lanes,
      clock,
      signal,
    });
    this.#throwIfStopped();
    return certificate;
  }

  async #finish(sealed: {
    blobId: Uint8Array;
    manifest: Manifest;
    certificate: VerifiedBlobCertificate;
  }): Promise<UploadResult> {
    this.#publisher.note(this.#progress.seal(sealed.certificate));
    await this.#publisher.flush();
    this.#options.onEvent?.({ type: 'sealed', certificate: sealed.certificate });
    const packCertificates = sealed.manifest.packs.map((header, i) => ({
      packId: packId(header),
      receipts: this.#progress.receipts(i),
    }));
    return { ...sealed, packCertificates, hedgedBytes: this.#hedges.hedged };
  }

  async #loadPack(pack: number): Promise<EncodedPack> {
    const { kernel, committee } = this.#options;
    const planned = this.#plan.packs[pack];
    if (planned === undefined)
      throw unsendable(this.#plan.reused[pack - this.#plan.packs.length]?.header as PackHeader);
    const encoded = await encodePack(planned as PlannedPack, this.#files, {
      kernel,
      profile: committee.profile,
    });
    if (!this.#headers.has(pack)) {
      this.#headers.set(pack, encoded.header);
      this.#journal.header(pack, encoded.header);
    }
    return encoded;
  }

  #context(progress: Progress): TaskContext {
    const { committee, clock, random } = this.#options;
    const shared = {
      committee,
      clock,
      random,
      lanes: this.#lanes,
      session: this.#session,
      hedges: this.#hedges,
    };
    return {
      ...shared,
      progress,
      onReceipt: (pack, receipt) => this.#received(progress, pack, receipt),
      onFatal: (error) => this.#fail(error),
    };
  }

  #received(progress: Progress, pack: number, receipt: VerifiedReceipt): void {
    const events = progress.receipt(pack, receipt);
    if (progress === this.#progress) {
      this.#journal.receipt(pack, receipt);
      this.#publisher.note(events);
    }
    const node = hex(receipt.nodeId);
    const boot = hex(receipt.bootId);
    // A new boot may have lost what the last one signed; ask, and believe only the signed answer.
    if ((this.#boots.get(node) ?? boot) !== boot)
      void checkAll([this.#lanes.get(node) as Lane], this.#watch());
    this.#boots.set(node, boot);
  }

  #watch(): WatchOptions {
    return {
      progresses: this.#progresses,
      nonce: () => this.#options.randomBytes(32),
      signal: this.#abort.signal,
      onRevoked: (progress, { pack, receipt }, events) => this.#revoked(progress, { pack, receipt }, events),
    };
  }

  #revoked(
    progress: Progress,
    { pack, receipt }: { pack: number; receipt: VerifiedReceipt },
    events: ProgressEvent[],
  ): void {
    if (progress === this.#progress) {
      this.#journal.revoked(pack, receipt);
      this.#publisher.note(events);
    }
    if (!progress.isCertified(pack)) this.#transfers.get(progress)?.requeue(pack);
  }

  #lane(node: StorageNode): Lane {
    const { clock, random } = this.#options;
    const onState = (lane: Lane): void =>
      this.#options.onEvent?.({ type: 'node', node: lane.node.id, state: lane.state });
    const probe = (lane: Lane): Promise<void> => checkNode(lane, this.#watch());
    return new Lane({ node, clock, random, probe, onState, signal: this.#abort.signal });
  }

  #fail(error: Error): void {
    this.#fatal ??= error;
    this.#abort.abort();
  }

  #throwIfStopped(): void {
    if (this.#fatal !== undefined) throw this.#fatal;
    if (this.#abort.signal.aborted) throw new TransferError('aborted', { what: 'the upload was stopped' });
  }
}

function unsendable(header: PackHeader): TransferError {
  return new TransferError('not-enough-shards', {
    what: `pack ${hex(packId(header))} of the parent version is no longer held by a quorum`,
    fix: 'Repair the parent first, or upload without it.',
  });
}
