/**
 * A node's append log over a disk: group commit on the way in, a recovery scan on the way up.
 *
 * Everything queued while one fdatasync runs goes into the next batch, and `onBatch` signs once per fdatasync. Each boot
 * opens a segment of its own, so nothing is ever appended behind a tail that a crash may have torn.
 */
import { NodeError } from '../../errors.ts';
import type { Disk } from './disk.ts';
import { checkedContent, type RecordContent } from './record-content.ts';
import {
  decodeHead,
  encodeRecord,
  fillerBefore,
  HEADER_BYTES,
  KIND,
  type LogRecord,
  recordBytes,
  type RecordHead,
  recordSpan,
} from './record.ts';

/** Where a record lies. */
export interface RecordPlace extends RecordHead {
  readonly segment: number;
  readonly offset: number;
  readonly contentCrc: number;
}

export interface LogOptions {
  readonly disk: Disk;
  readonly segmentBytes: number;
  /** Most bytes one fdatasync covers. */
  readonly batchBytes: number;
}

interface Waiting {
  readonly record: LogRecord;
  readonly resolve: (place: RecordPlace) => void;
  readonly reject: (error: unknown) => void;
}

export class AppendLog {
  readonly #options: LogOptions;
  readonly #queue: Waiting[] = [];
  #segment = -1;
  #segmentSize = 0;
  #offset = 0;
  #nextSeq = 0;
  #running = false;
  #failure: NodeError | undefined;

  private constructor(options: LogOptions) {
    this.#options = options;
  }

  /** Scans every segment, giving each whole record to `replay` in order. A scan stops at the first bad record. */
  static async open(
    options: LogOptions,
    replay: (place: RecordPlace, meta: Uint8Array) => void,
  ): Promise<AppendLog> {
    const log = new AppendLog(options);
    const { disk } = options;
    const segments = await disk.list();
    const ends = await endsOf(disk, segments);
    for (const segment of segments) {
      const end = ends.get(segment);
      await log.#scan(segment, { end, replay });
      // What a kill left unsynced but whole will get receipts from now on, so it has to be on the disk first.
      if (end === undefined) await disk.sync(segment);
    }
    log.#segment = segments.at(-1) ?? -1;
    return log;
  }

  /** The sequence of the next record. */
  get nextSeq(): number {
    return this.#nextSeq;
  }

  /** The segment being written; it is never removed. */
  get activeSegment(): number {
    return this.#segment;
  }

  /**
   * Appends a record; resolves when an fdatasync has covered it. Given up while it waits for its batch, it is dropped.
   * @throws NodeError `disk-full` with nothing kept | `stopped` after a failed fdatasync | `unreachable` when given up
   */
  append(record: LogRecord, signal?: AbortSignal): Promise<RecordPlace> {
    return new Promise((resolve, reject) => {
      const waiting = { record, resolve, reject };
      if (signal?.aborted === true) return reject(givenUp());
      signal?.addEventListener('abort', () => this.#drop(waiting), { once: true });
      this.#queue.push(waiting);
      if (!this.#running) void this.#drain();
    });
  }

  /** Meta and body of a record. @throws NodeError `corrupt` when they are not what was written */
  async read(place: RecordPlace): Promise<RecordContent> {
    const { segment, offset, metaLength, bodyLength } = place;
    const content = await this.#options.disk.read(segment, offset + HEADER_BYTES, metaLength + bodyLength);
    const checked = checkedContent(content, place);
    if (checked !== undefined) return checked;
    throw new NodeError('corrupt', {
      what: 'a record is not what was written',
      where: `segment ${segment} byte ${offset}`,
    });
  }

  async #scan(
    segment: number,
    { end, replay }: { end: number | undefined; replay: (place: RecordPlace, meta: Uint8Array) => void },
  ): Promise<void> {
    const { disk } = this.#options;
    const size = await disk.size(segment);
    for (let offset = 0; offset + HEADER_BYTES <= size;) {
      const head = decodeHead(await disk.read(segment, offset, HEADER_BYTES));
      if (head === undefined || offset + recordSpan(head) > size) return;
      if (end !== undefined && head.seq >= end) return;
      // Below a known end everything was whole at an earlier start, and synced then; scrub reads it again.
      const checked = end === undefined;
      const length = head.metaLength + (checked ? head.bodyLength : 0);
      const content = await disk.read(segment, offset + HEADER_BYTES, length);
      if (checked && checkedContent(content, head) === undefined) return;
      replay({ ...head, segment, offset }, content.subarray(0, head.metaLength));
      this.#nextSeq = Math.max(this.#nextSeq, head.seq + 1);
      offset += recordSpan(head);
    }
  }

  #drop(waiting: Waiting): void {
    const at = this.#queue.indexOf(waiting);
    if (at < 0) return;
    this.#queue.splice(at, 1);
    waiting.reject(givenUp());
  }

  async #drain(): Promise<void> {
    this.#running = true;
    while (this.#queue.length > 0) {
      const batch = this.#takeBatch();
      try {
        const places = await this.#commit(batch.map(({ record }) => record));
        batch.forEach(({ resolve }, i) => resolve(places[i] as RecordPlace));
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    this.#running = false;
  }

  #takeBatch(): Waiting[] {
    let bytes = 0;
    let count = 0;
    for (const { record } of this.#queue) {
      bytes += recordBytes(record);
      if (count > 0 && bytes > Math.min(this.#options.batchBytes, this.#options.segmentBytes)) break;
      count++;
    }
    return this.#queue.splice(0, count);
  }

  async #commit(records: readonly LogRecord[]): Promise<RecordPlace[]> {
    if (this.#failure !== undefined) throw this.#failure;
    let laid = filled(records, this.#offset);
    if (this.#offset + bytesOf(laid) > this.#segmentSize) {
      laid = filled(records, 0);
      await this.#roll(bytesOf(laid));
    }
    const start = this.#offset;
    const parts = laid.flatMap((record, i) => encodeRecord(record, this.#nextSeq + i));
    await this.#options.disk.write(this.#segment, start, parts);
    // A crash here leaves whole or torn records without a receipt; recovery keeps the whole ones.
    await this.#sync();
    const places = laid.map((record, i) => this.#placed(record, parts[i * 5] as Uint8Array));
    return places.filter(({ kind }) => kind !== KIND.filler);
  }

  async #sync(): Promise<void> {
    try {
      await this.#options.disk.sync(this.#segment);
    } catch (cause) {
      // After a failed fdatasync the kernel may forget the dirty pages: a retry would return success and lose them.
      this.#failure = new NodeError('stopped', {
        what: 'an fdatasync failed, so this node signs nothing more',
        fix: 'Check the disk and start the node again.',
        cause,
      });
      throw this.#failure;
    }
  }

  #placed(record: LogRecord, head: Uint8Array): RecordPlace {
    const { kind, index, leaseEnd, packId, meta, body } = record;
    const place = { kind, index, leaseEnd, packId, metaLength: meta.length, bodyLength: body.length };
    const contentCrc = new DataView(head.buffer, head.byteOffset).getUint32(64, true);
    const offset = this.#offset;
    this.#offset += recordBytes(record);
    return { ...place, seq: this.#nextSeq++, segment: this.#segment, offset, contentCrc };
  }

  async #roll(bytes: number): Promise<void> {
    const { disk, segmentBytes } = this.#options;
    const size = Math.max(segmentBytes, bytes);
    await disk.create(this.#segment + 1, size);
    this.#segment += 1;
    this.#segmentSize = size;
    this.#offset = 0;
  }
}

const bytesOf = (records: readonly LogRecord[]): number =>
  records.reduce((sum, record) => sum + recordBytes(record), 0);

/** The records as they lie from `offset` on, with the fillers that bring large bodies to a block. */
function filled(records: readonly LogRecord[], offset: number): LogRecord[] {
  let at = offset;
  return records.flatMap((record) => {
    const filler = fillerBefore(record, at);
    const laid = filler === undefined ? [record] : [filler, record];
    at += bytesOf(laid);
    return laid;
  });
}

const givenUp = (): NodeError => new NodeError('unreachable', { what: 'given up before it was written' });

/**
 * The sequence at which each segment ends: that with which the next one begins. A segment that was written to when the
 * power went keeps its torn tail for ever, and those records bear sequences that were given again after it. Segments
 * after which nothing whole begins have no known end: there every record's content must be read.
 */
async function endsOf(disk: Disk, segments: readonly number[]): Promise<Map<number, number | undefined>> {
  const ends = new Map<number, number | undefined>();
  let end: number | undefined;
  for (const segment of segments.toReversed()) {
    ends.set(segment, end);
    if ((await disk.size(segment)) < HEADER_BYTES) continue;
    end = decodeHead(await disk.read(segment, 0, HEADER_BYTES))?.seq ?? end;
  }
  return ends;
}
