/** The other nodes of the log as sources of chunks: who is asked first for which chunk, and who is left aside. */
import { AssayError, type Clock, compareBytes, hex, sha256, type Signer, utf8 } from '@assay/core';
import { Agent, request } from 'undici';
import { AUTHORIZATION, signRequest } from '../participant/index.ts';

/** Why a peer gave no chunk: `refused` it said so, `silent` no answer in time, `lying` other bytes than the id names. */
export class PeerError extends AssayError<'refused' | 'silent' | 'lying'> {}

/** A node that registered in the log. */
export interface Peer {
  readonly keyId: string;
  readonly endpoint: string;
}

/** Which chunk of which blob, and its length in bytes. */
export interface WantedChunk {
  readonly blob: string;
  readonly chunk: string;
  readonly length: number;
}

export interface PeersOptions {
  readonly signer: Signer;
  readonly clock: Clock;
  /** How long a peer may take to say that it is at it; it may have to fetch the chunk first, and has longer for that. */
  readonly timeoutMs: number;
}

/** How long a peer that did not answer, or lied, is not asked; milliseconds. */
const ASIDE_MS = { silent: 30_000, lying: 3_600_000 } as const;

/** How much longer than for its first word a peer may take for a whole chunk. */
const FETCHING = 12;

/** Path of a chunk at a node (specs/serving.md). */
export const chunkPath = (blob: string, chunk: string): string => `/assay/v1/chunks/${blob}/${chunk}`;

/** Keys in the order in which they are asked for what a pack holds: the same for everybody who knows the same keys. */
export function askingOrder(pack: string, keys: readonly string[]): string[] {
  const ranked = keys.map((key) => ({ key, rank: sha256(utf8(`${pack} ${key}`)) }));
  return ranked.sort((a, b) => compareBytes(a.rank, b.rank)).map(({ key }) => key);
}

export class Peers implements AsyncDisposable {
  readonly #options: PeersOptions;
  readonly #agent = new Agent({ connections: 8, connect: { timeout: 2_000 } });
  readonly #aside = new Map<string, number>();

  constructor(options: PeersOptions) {
    this.#options = options;
  }

  /** Whether the peer is to be asked now. */
  isAsked({ keyId }: Peer): boolean {
    return (this.#aside.get(keyId) ?? 0) <= this.#options.clock.now();
  }

  /** The chunk from a peer, verified by its id. A peer that is silent or lies is left aside for a while. @throws PeerError */
  async chunk(peer: Peer, wanted: WantedChunk): Promise<Uint8Array> {
    try {
      const bytes = await this.#ask(peer, wanted);
      if (hex(sha256(bytes)) === wanted.chunk) return bytes;
      throw new PeerError('lying', { what: `${peer.keyId} gave other bytes for chunk ${wanted.chunk}` });
    } catch (error) {
      if (error instanceof PeerError && error.code !== 'refused')
        this.#aside.set(peer.keyId, this.#options.clock.now() + ASIDE_MS[error.code]);
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#agent.destroy();
  }

  async #ask({ keyId, endpoint }: Peer, { blob, chunk, length }: WantedChunk): Promise<Uint8Array> {
    const { signer, clock, timeoutMs } = this.#options;
    const path = chunkPath(blob, chunk);
    const header = signRequest({ method: 'GET', path, recipient: keyId }, signer, clock);
    try {
      const { statusCode, body } = await request(`${endpoint.replace(/\/+$/, '')}${path}`, {
        dispatcher: this.#agent,
        headers: { [AUTHORIZATION]: header },
        headersTimeout: timeoutMs,
        signal: AbortSignal.timeout(timeoutMs * FETCHING),
      });
      const bytes = await collect(body, length);
      if (statusCode === 200) return bytes;
      throw new PeerError('refused', { what: `${keyId} answered ${statusCode}`, where: endpoint });
    } catch (cause) {
      if (cause instanceof PeerError) throw cause;
      throw new PeerError('silent', { what: `${keyId} does not answer`, where: endpoint, cause });
    }
  }
}

/** At most `limit` bytes: a peer that sends more is cut off, and what there is will not have the chunk's id. */
async function collect(body: AsyncIterable<Uint8Array>, limit: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of body) {
    parts.push(part);
    length += part.length;
    if (length > limit) break;
  }
  return Buffer.concat(parts, length);
}
