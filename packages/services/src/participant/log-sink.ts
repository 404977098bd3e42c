/** A log as an outbox sends to it, and which of its answers mean that it will never take an entry. */
import { type LogClient, LogClientError } from '../log-client/index.ts';
import type { EntrySink } from '../outbox/index.ts';

/** What a shipper needs of a log. */
export type LogSink = EntrySink & { readonly isRefusal: (error: unknown) => boolean };

/** The log behind `client`. Not joined, over quota and down are no refusals: they pass. */
export function logSink(client: LogClient): LogSink {
  return {
    append: (entry) => client.append(entry),
    appendBatch: (entries) => client.appendBatch(entries),
    isRefusal: (error) => error instanceof LogClientError && error.isFinal,
  };
}
