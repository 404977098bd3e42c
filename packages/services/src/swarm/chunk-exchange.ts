/**
 * Chunks between nodes, so that many that want one blob take it from storage about once.
 *
 * Each pack has a home among the nodes that registered in the log, by a hash that all of them compute alike. A node asks the
 * home for the pack's chunks, and the home reads the pack from storage when it does not have it, once however many ask. A
 * home that is gone or lies costs one retry: then the next is asked, and then storage. A node that is asked never asks a
 * peer in turn.
 */
import { PeerError, type Peer, type Peers, askingOrder } from './peers.ts';
import { ChunkMemory } from './chunk-memory.ts';
import type { ChunkPlace, SharedBlob } from './shared-blob.ts';

/** Bytes by where they came from, and those given to peers. */
export interface SwarmCounts {
  readonly fromStorage: number;
  readonly fromPeers: number;
  readonly toPeers: number;
}

export interface ExchangeOptions {
  /** This node's key. */
  readonly self: string;
  /** The other nodes of the log. */
  readonly others: () => readonly Peer[];
  readonly peers: Peers;
  /** The chunk from what this node keeps on its disk, verified by its id. */
  readonly local: (blob: SharedBlob, chunk: string, place: ChunkPlace) => Promise<Uint8Array | undefined>;
  readonly onProblem: (error: PeerError) => void;
}

/** Chunks kept in memory, in bytes: the distance by which nodes that load side by side may be apart. */
const MEMORY_BYTES = 64 * 2 ** 20;
/** Peers asked for one chunk before storage is. */
const TRIES = 2;

export class ChunkExchange {
  readonly #options: ExchangeOptions;
  readonly #memory = new ChunkMemory(MEMORY_BYTES);
  readonly #reading = new Map<string, Promise<ReadonlyMap<string, Uint8Array>>>();
  #counts = { fromStorage: 0, fromPeers: 0, toPeers: 0 };

  constructor(options: ExchangeOptions) {
    this.#options = options;
  }

  get counts(): SwarmCounts {
    return { ...this.#counts };
  }

  /** A chunk for this node itself. @throws TransferError when storage cannot give it either */
  async want(blob: SharedBlob, chunk: string): Promise<Uint8Array> {
    const place = placeOf(blob, chunk);
    return (
      (await this.#own(blob, chunk, place)) ??
      (await this.#fromPeers(blob, chunk, place)) ??
      this.#read(blob, chunk, place)
    );
  }

  /** A chunk for a peer: what is here, or what storage gives. Undefined when the blob has no such chunk. @throws TransferError */
  async give(blob: SharedBlob, chunk: string): Promise<Uint8Array | undefined> {
    const place = blob.place(chunk);
    if (place === undefined) return undefined;
    const bytes = (await this.#own(blob, chunk, place)) ?? (await this.#read(blob, chunk, place));
    this.#counts.toPeers += bytes.length;
    return bytes;
  }

  async #own(blob: SharedBlob, chunk: string, place: ChunkPlace): Promise<Uint8Array | undefined> {
    return this.#memory.get(chunk) ?? this.#options.local(blob, chunk, place);
  }

  async #fromPeers(blob: SharedBlob, chunk: string, place: ChunkPlace): Promise<Uint8Array | undefined> {
    const { self, others, peers, onProblem } = this.#options;
    const known = new Map(others().map((peer) => [peer.keyId, peer]));
    let tries = 0;
    for (const key of askingOrder(blob.packId(place.pack), [self, ...known.keys()])) {
      const peer = known.get(key);
      if (peer === undefined || tries === TRIES) return undefined;
      if (!peers.isAsked(peer)) continue;
      tries += 1;
      try {
        const bytes = await peers.chunk(peer, { blob: blob.id, chunk, length: place.end - place.start });
        this.#counts.fromPeers += bytes.length;
        this.#memory.set(chunk, bytes);
        return bytes;
      } catch (error) {
        if (!(error instanceof PeerError)) throw error;
        onProblem(error);
      }
    }
    return undefined;
  }

  /** From storage, a pack at a time: once however many want of it at the same time. */
  async #read(blob: SharedBlob, chunk: string, { pack }: ChunkPlace): Promise<Uint8Array> {
    // It may have come while the disk was looked at.
    const known = this.#memory.get(chunk);
    if (known !== undefined) return known;
    const id = blob.packId(pack);
    const running = this.#reading.get(id) ?? this.#readPack(blob, pack);
    this.#reading.set(id, running);
    const forget = (): void => void this.#reading.delete(id);
    running.then(forget, forget);
    return (await running).get(chunk) as Uint8Array;
  }

  async #readPack(blob: SharedBlob, pack: number): Promise<ReadonlyMap<string, Uint8Array>> {
    const chunks = await blob.read(pack);
    for (const [chunk, bytes] of chunks) {
      this.#counts.fromStorage += bytes.length;
      this.#memory.set(chunk, bytes);
    }
    return chunks;
  }
}

function placeOf(blob: SharedBlob, chunk: string): ChunkPlace {
  const place = blob.place(chunk);
  if (place === undefined) throw new RangeError(`blob ${blob.id} has no chunk ${chunk}`);
  return place;
}
