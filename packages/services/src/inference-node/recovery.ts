/** What a node learns from its outbox when it starts: which requests it answered, and where its last stream ended. */
import type { Answered, Item, RecordPlace } from '../outbox/index.ts';
import type { KeptMeta } from './kept-answer.ts';
import type { StreamEnd } from './receipt-stream.ts';

/** Collects while the outbox is being opened. */
export class Recovery {
  readonly answered: Answered[] = [];
  /** The stream of the process before; undefined for a node that never started. */
  lastStream: StreamEnd | undefined;
  /** Whether a join was made durable before. */
  joined = false;

  readonly onItem = ({ meta }: Item, place: RecordPlace): void => {
    if (meta.kind === 'join') this.joined = true;
    if (meta.kind === 'stream') this.lastStream = { stream: meta.stream as string };
    if (meta.kind !== 'executed') return;
    const { key, hash, receipt, stream, sequence } = meta as unknown as KeptMeta;
    this.answered.push({ key, hash, receiptId: receipt, place });
    this.lastStream = { stream, last: { id: receipt, sequence } };
  };
}
