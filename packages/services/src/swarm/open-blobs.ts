/** Blobs that are open, shared by whoever uses them; a few idle ones are kept for peers that ask a moment later. */
import { fromHex } from '@assay/core';
import type { BlobReader } from '@assay/storage';
import { SharedBlob } from './shared-blob.ts';

/** Idle blobs kept open. */
const IDLE = 4;

interface Slot {
  readonly blob: Promise<SharedBlob>;
  users: number;
}

export class OpenBlobs implements AsyncDisposable {
  readonly #open: (blobId: Uint8Array) => Promise<BlobReader>;
  /** Least recently used first. */
  readonly #slots = new Map<string, Slot>();

  constructor(open: (blobId: Uint8Array) => Promise<BlobReader>) {
    this.#open = open;
  }

  /** Gives `work` the blob, opened once however many ask, and open until it ends. @throws TransferError, FormatError */
  async use<T>(id: string, work: (blob: SharedBlob) => Promise<T>): Promise<T> {
    const slot = this.#slots.get(id) ?? this.#opening(id);
    this.#slots.delete(id);
    this.#slots.set(id, slot);
    slot.users += 1;
    try {
      return await work(await slot.blob);
    } finally {
      slot.users -= 1;
      await this.#closeIdle(IDLE);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#closeIdle(0);
  }

  #opening(id: string): Slot {
    const blob = this.#open(fromHex(id)).then((reader) => new SharedBlob(id, reader));
    const slot = { blob, users: 0 };
    // A blob that could not be opened is not remembered; whoever asked meets the reason.
    blob.catch(() => this.#slots.get(id) === slot && this.#slots.delete(id));
    return slot;
  }

  async #closeIdle(keep: number): Promise<void> {
    const idle = [...this.#slots].filter(([, { users }]) => users === 0);
    for (const [id, { blob }] of idle.slice(0, Math.max(0, idle.length - keep))) {
      this.#slots.delete(id);
      (await blob).close();
    }
  }
}
