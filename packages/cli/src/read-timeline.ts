/** Reads whole logs into timelines, believing nothing that a signed root does not cover. */
import type { Clock, LogRecord } from '@assay/core';
import type { Policy } from '@assay/log';
import { Follower, type LogClient } from '@assay/services';
import { type ReadLog, Timeline } from '@assay/views';
import { witnessedAt } from '@assay/verify';
import type { Progress } from './progress.ts';

/** What reading needs. */
export interface ReadOptions {
  readonly log: LogClient;
  readonly policy: Policy;
  readonly clock: Clock;
  readonly progress: Progress;
  /** Sees every readable record, in log order. */
  readonly onRecord?: (record: LogRecord) => void;
}

/**
 * The timeline as of the log's newest signed checkpoint.
 *
 * @throws FollowError for a log that contradicts its signatures; LogClientError; PolicyError
 */
export async function readTimeline(options: ReadOptions): Promise<Timeline> {
  return (await follow(options)).timeline;
}

/** One of several logs, as a joint timeline takes it. @throws as `readTimeline` */
export async function readLog(options: ReadOptions): Promise<ReadLog> {
  const records: (LogRecord | undefined)[] = [];
  const { timeline, origin } = await follow({
    ...options,
    onRecord: (record) => {
      records[record.index] = record;
      options.onRecord?.(record);
    },
  });
  return { origin, time: timeline.registry.time, records };
}

async function follow({
  log,
  policy,
  clock,
  progress,
  onRecord,
}: ReadOptions): Promise<{ timeline: Timeline; origin: string }> {
  const timeline = new Timeline(witnessedAt(policy));
  const follower = new Follower({
    log,
    policy,
    clock,
    onRecord: (record) => {
      while (timeline.size < record.index) timeline.skip();
      timeline.apply(record);
      onRecord?.(record);
      progress.tick(() => `reading the log: ${timeline.size} entries`);
    },
  });
  await follower.catchUp();
  while (timeline.size < follower.registry.size) timeline.skip();
  return { timeline, origin: follower.origin };
}
