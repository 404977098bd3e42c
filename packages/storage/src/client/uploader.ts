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
import { Progress } from '../progress.ts';
import type { VerifiedReceipt } from '../receipt.ts';
import { type EncodedPack, encodePack } from './encode.ts';
import type { UploadEvent } from './events.ts';
import { UploadJournal } from './journal.ts';
import { Lane } from './lane.ts';
import { HedgeBudget, WRITE_HEDGES } from './hedge-budget.ts';
import type { TaskContext } from './pack-task.ts';
import type { Clock, Journal, Random, StorageNode } from './ports.ts';
import { Publisher } from './publisher.ts';
import { reuseParentPacks } from './reuse.ts';
import { type SealOptions, sealBlob } from './seal.ts';
import { Transfer } from './transfer.ts';
import { checkAll, checkNode, checkQuietly, type WatchOptions } from './watch.ts';

export interface UploadOptions {
  readonly committee: Committee;
  /** The committee's nodes, in any order. */
  readonly nodes: readonly StorageNode[];
  readonly kernel: Kernel;
  readonly clock: Clock;
  readonly random: Random;
  readonly randomBytes: (length: number) => Uint8Array;
  readonly journal: Journal;
  /** Bytes of a shard; k of them make a pack. A chunk that is larger than that (4 MiB at most) makes a larger pack. */
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
 * be spoken to; with fewer it waits, unless too many were caught in an untruth for a quorum to be left. Run again with the
 * same journal, it goes on where it was.
 *
 * @throws TransferError `source-changed` | `no-quorum` | `journal` | `aborted`; NodeError `bad-shard` if a node finds our bytes wrong and they are
 */
export async function upload(files: readonly SourceFile[], options: UploadOptions): Promise<UploadResult> {
  checkCommittee(options.committee);
  const packBytes = options.committee.profile.k * options.shardBytes;
  const { kernel, parent } = options;
  const plan = await planUpload(files, { packBytes, kernel, ...(parent === undefined ? {} : { parent }) });
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
  readonly #journal: UploadJournal;
  readonly #publisher: Publisher;
  readonly #lanes: ReadonlyMap<string, Lane>;
  readonly #headers = new Map<number, PackHeader>();
  readonly #hedges = new HedgeBudget(WRITE_HEDGES);
  readonly #boots = new Map<string, string>();
  #transfer: Transfer | undefined;
  #session = '';
  #fatal: Error | undefined;

  constructor(files: readonly SourceFile[], plan: UploadPlan, options: UploadOptions) {
    this.#files = files;
    this.#plan = plan;
    this.#options = options;
    const fresh = plan.packs.map(({ packLen }) => ({ bytes: packLen, reused: false }));
    const reused = plan.reused.map(({ bytes }) => ({ bytes, reused: true }));
    this.#progress = new Progress([...fresh, ...reused], options.committee.profile);
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
      // Whoever lost its log meanwhile is found here, before anybody signs for the whole.
      await this.#checkAll();
      const certificate = await this.#seal({
        blobId: paged.blobId,
        manifest,
        pages: [...paged.pages.values()],
      });
      if (certificate !== undefined) return this.#finish({ blobId: paged.blobId, manifest, certificate });
    }
  }

  stop(): void {
    this.#abort.abort();
    this.#transfer?.close();
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
    await this.#checkAll();
    await reuseParentPacks(this.#plan, this.#context, this.#abort.signal);
  }

  async #sendPacks(): Promise<void> {
    const need = this.#options.committee.profile.q;
    const transfer = new Transfer({
      context: this.#context,
      count: this.#plan.packs.length + this.#plan.reused.length,
      load: (pack) => this.#loadPack(pack),
      window: this.#options.window,
      onWaiting: (have) => this.#options.onEvent?.({ type: 'waiting', have, need }),
    });
    this.#transfer = transfer;
    await transfer.run(this.#abort.signal);
    this.#throwIfStopped();
    await transfer.finishTails(this.#abort.signal);
    await this.#publisher.flush();
  }

  async #seal(
    blob: Pick<SealOptions, 'blobId' | 'manifest' | 'pages'>,
  ): Promise<VerifiedBlobCertificate | undefined> {
    const { committee, clock } = this.#options;
    const lanes = [...this.#lanes.values()];
    const run = {
      lanes,
      committee,
      clock,
      progress: this.#progress,
      session: this.#session,
      signal: this.#abort.signal,
    };
    const certificate = await sealBlob({ ...blob, ...run });
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
      largest: this.#plan.largest,
    });
    if (!this.#headers.has(pack)) {
      this.#headers.set(pack, encoded.header);
      this.#journal.header(pack, encoded.header);
    }
    return encoded;
  }

  get #context(): TaskContext {
    const { committee, clock, random } = this.#options;
    const shared = {
      committee,
      clock,
      random,
      lanes: this.#lanes,
      session: this.#session,
      hedges: this.#hedges,
    };
    const onReceipt = (pack: number, receipt: VerifiedReceipt): void => this.#received(pack, receipt);
    return { ...shared, progress: this.#progress, onReceipt, onFatal: (error) => this.#fail(error) };
  }

  #received(pack: number, receipt: VerifiedReceipt): void {
    this.#journal.receipt(pack, receipt);
    this.#publisher.note(this.#progress.receipt(pack, receipt));
    const node = hex(receipt.nodeId);
    const boot = hex(receipt.bootId);
    // A new boot may have lost what the last one signed; ask, and believe only the signed answer.
    if ((this.#boots.get(node) ?? boot) !== boot)
      void checkQuietly(this.#lanes.get(node) as Lane, this.#watch());
    this.#boots.set(node, boot);
  }

  #checkAll(): Promise<void> {
    const { committee, clock } = this.#options;
    return checkAll(this.#lanes.values(), { ...this.#watch(), quorum: committee.profile.q, clock });
  }

  #watch(): WatchOptions {
    return {
      progress: this.#progress,
      nonce: () => this.#options.randomBytes(32),
      signal: this.#abort.signal,
      onRevoked: ({ pack, receipt }, events) => {
        this.#journal.revoked(pack, receipt);
        this.#publisher.note(events);
        if (!this.#progress.isCertified(pack)) this.#transfer?.requeue(pack);
      },
    };
  }

  #lane(node: StorageNode): Lane {
    const { clock, random } = this.#options;
    const onState = (lane: Lane): void => {
      this.#options.onEvent?.({ type: 'node', node: lane.node.id, state: lane.state });
      if (lane.state === 'distrusted') this.#assertQuorumLeft();
    };
    const probe = (lane: Lane): Promise<void> => checkNode(lane, this.#watch());
    const all = (): Iterable<Lane> => this.#lanes.values();
    return new Lane({ node, clock, random, probe, onState, all, signal: this.#abort.signal });
  }

  /** Whoever is distrusted stays so: waiting for a quorum of the others would have no end. */
  #assertQuorumLeft(): void {
    const { q } = this.#options.committee.profile;
    const lanes = [...this.#lanes.values()];
    const trusted = lanes.filter(({ state }) => state !== 'distrusted').length;
    if (trusted >= q) return;
    const what = `only ${trusted} of ${lanes.length} nodes did not contradict themselves, and ${q} have to sign`;
    const fix = 'Upload to other nodes; "assay blob verify" names those whose receipts prove false.';
    this.#fail(new TransferError('no-quorum', { what, fix }));
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
