/** The active write-ahead segment: made at the first record, given up when it is large enough. */
import type { SegmentRef } from './checkpoint-row.ts';
import { corrupt } from './public-files.ts';
import type { AppendFile, LogFiles } from './log-files.ts';
import { segmentName, segmentPath } from './replay.ts';
import {
  decodeRecord,
  encodeHeader,
  encodeRecord,
  type SegmentHeader,
  type SegmentRecord,
} from './segment.ts';

/** Writes records to a file of its own; never to one that an earlier writer left, whose tail may be torn. */
export class SegmentWriter {
  readonly #file: AppendFile;
  readonly #name: string;
  readonly #start: number;
  #bytes: number;

  private constructor(file: AppendFile, name: string, start: number, bytes: number) {
    this.#file = file;
    this.#name = name;
    this.#start = start;
    this.#bytes = bytes;
  }

  /** Makes a new segment under a name that nobody has used. A crash here leaves a stray file that no row names. */
  static async create(files: LogFiles, header: SegmentHeader): Promise<SegmentWriter> {
    for (let attempt = 0; ; attempt++) {
      const name = segmentName(header.start, attempt);
      const file = await files.create(segmentPath(name));
      if (file === undefined) continue;
      const bytes = encodeHeader(header);
      await file.append(bytes);
      return new SegmentWriter(file, name, header.start, bytes.length);
    }
  }

  /** The segment with everything written so far. */
  get ref(): SegmentRef {
    return { name: this.#name, start: this.#start, bytes: this.#bytes };
  }

  /**
   * Makes one record durable.
   *
   * @returns its entries as read back from the file system: what gets hashed is what was stored, not what was in memory
   * A crash before it resolves leaves a torn tail, or a whole record that recovery may take.
   */
  async write(record: SegmentRecord): Promise<readonly Uint8Array[]> {
    const bytes = encodeRecord(record);
    await this.#file.append(bytes);
    // The sync is on its way while the bytes are read.
    const [, stored] = await Promise.all([
      this.#file.datasync(),
      this.#file.readBack(this.#bytes, bytes.length),
    ]);
    const decoded = decodeRecord(stored, 0);
    if (decoded === undefined || decoded.value.first !== record.first) {
      throw corrupt(`${segmentPath(this.#name)}, byte ${this.#bytes}`, 'the record reads back damaged');
    }
    this.#bytes += bytes.length;
    return decoded.value.entries;
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}
