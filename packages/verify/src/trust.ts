/** What a verifier believes before it looks at anything. It never comes from the log's own server (PROTOCOL 4.1). */
import type { Policy } from '@assay/log';

export interface TrustMaterial {
  /** Keys of the logs and witnesses, and the quorum. */
  readonly policy: Policy;
  /** Unix seconds at which judgement is passed: nothing can have been witnessed much later. */
  readonly judgedAt: number;
}

/** Seconds by which honest clocks may differ. */
export const CLOCK_SKEW_SECONDS = 300;
