/** Reads a whole log into a timeline, believing nothing that a signed root does not cover. */
import type { Clock } from '@assay/core';
import type { Policy } from '@assay/log';
import { Follower, type LogClient } from '@assay/services';
import { Timeline } from '@assay/views';
import { witnessedAt } from '@assay/verify';
import type { Progress } from './progress.ts';

/** What reading needs. */
export interface ReadOptions {
  readonly log: LogClient;
  readonly policy: Policy;
  readonly clock: Clock;
  readonly progress: Progress;
}

/**
 * The timeline as of the log's newest signed checkpoint.
 *
 * @throws FollowError for a log that contradicts its signatures; LogClientError; PolicyError
 */
export async function readTimeline({ log, policy, clock, progress }: ReadOptions): Promise<Timeline> {
  const timeline = new Timeline(witnessedAt(policy));
  const follower = new Follower({
    log,
    policy,
    clock,
    onRecord: (record) => {
      while (timeline.size < record.index) timeline.skip();
      timeline.apply(record);
      progress.tick(() => `reading the log: ${timeline.size} entries`);
    },
  });
  await follower.catchUp();
  while (timeline.size < follower.registry.size) timeline.skip();
  return timeline;
}
