/**
 * Appends to a file past the page cache (O_DIRECT): the kernel copies nothing and has nothing left to write when fdatasync
 * asks for it. A copy into memory that is used again costs less than the kernel's into fresh pages.
 *
 * Such writes must begin, end and lie in memory at multiples of a block. Bodies that do are taken from where they are; the
 * rest passes through two stages of aligned memory, one being filled while the other is written, and the last block, if it
 * is not full, is kept and written again with what follows it.
 */
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { alignedMemory, isAligned } from '../../codec/wasm.ts';
import { BLOCK_BYTES } from './record.ts';

const STAGE_BYTES = 1_048_576;

/** Two stages, which a disk's segments use one after another. */
export type Stages = readonly [Uint8Array, Uint8Array];

/** Undefined where memory at addresses known to be aligned cannot be had. */
export function makeStages(): Stages | undefined {
  const memory = alignedMemory(2 * STAGE_BYTES);
  return memory && [memory.subarray(0, STAGE_BYTES), memory.subarray(STAGE_BYTES)];
}

/** Opens a zero-filled file for this; undefined where system or file system know no such thing. */
export async function openDirect(path: string, stages: Stages): Promise<DirectFile | undefined> {
  const { O_RDWR, O_DIRECT } = constants;
  if (O_DIRECT === undefined) return undefined;
  try {
    return new DirectFile(await open(path, O_RDWR | O_DIRECT), stages);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EINVAL') return undefined;
    throw error;
  }
}

export class DirectFile {
  readonly #handle: FileHandle;
  readonly #stages: Stages;
  /** Bytes of the last block that is not full, which lie at the start of the first stage. */
  #kept = 0;
  /** Where in the file that block begins. */
  #base = 0;
  /** The stage on its way to the disk. */
  #writing: Promise<void> = Promise.resolve();

  constructor(handle: FileHandle, stages: Stages) {
    this.#handle = handle;
    this.#stages = stages;
  }

  /** The end of what was written: the only place where this can go on. */
  get end(): number {
    return this.#base + this.#kept;
  }

  /** Writes `parts` at the end. When it fails nothing counts as written. */
  async append(parts: readonly Uint8Array[]): Promise<void> {
    const [first] = this.#stages;
    const before = first.slice(0, this.#kept);
    try {
      await this.#append(parts);
    } catch (error) {
      // What is still on its way must not arrive after what is written here next.
      await Promise.allSettled([this.#writing]);
      first.set(before);
      throw error;
    }
  }

  async #append(parts: readonly Uint8Array[]): Promise<void> {
    let [stage, other] = this.#stages;
    let [from, at, base] = [0, this.#kept, this.#base];
    let run: Uint8Array[] = [];
    const end = this.end + parts.reduce((sum, part) => sum + part.length, 0);
    const cut = (to: number): void => {
      if (to > from) run.push(stage.subarray(from, to));
      from = to;
    };
    this.#writing = Promise.resolve();
    for (const part of parts) {
      let done = 0;
      if (at % BLOCK_BYTES === 0 && isAligned(part, BLOCK_BYTES)) {
        cut(at);
        done = part.length - (part.length % BLOCK_BYTES);
        if (done > 0) run.push(part.subarray(0, done));
      }
      while (done < part.length) {
        const length = Math.min(part.length - done, stage.length - at);
        stage.set(part.subarray(done, done + length), at);
        done += length;
        at += length;
        if (at < stage.length) continue;
        cut(at);
        await this.#writing;
        this.#writing = this.#write(run, base);
        // Its failure is met when the next stage is full; until then it must not count as unhandled.
        this.#writing.catch(() => undefined);
        base += run.reduce((sum, { length: bytes }) => sum + bytes, 0);
        [stage, other, run, from, at] = [other, stage, [], 0, 0];
      }
    }
    await this.#writing;
    const whole = Math.ceil(at / BLOCK_BYTES) * BLOCK_BYTES;
    stage.fill(0, at, whole);
    cut(whole);
    if (run.length > 0) await this.#write(run, base);
    this.#kept = end % BLOCK_BYTES;
    this.#base = end - this.#kept;
    this.#stages[0].set(stage.subarray(at - this.#kept, at));
  }

  close(): Promise<void> {
    return this.#handle.close();
  }

  async #write(run: readonly Uint8Array[], offset: number): Promise<void> {
    const { bytesWritten } = await this.#handle.writev(run, offset);
    const total = run.reduce((sum, { length }) => sum + length, 0);
    if (bytesWritten === total) return;
    // A short write ends at a block; what follows says why it was short.
    let skip = bytesWritten;
    const rest = run.flatMap((bytes) => {
      const left = bytes.subarray(Math.min(skip, bytes.length));
      skip -= bytes.length - left.length;
      return left.length === 0 ? [] : [left];
    });
    await this.#write(rest, offset + bytesWritten);
  }
}
