/** What an upload tells its caller. */
import type { BlobCertificate } from '../certificate.ts';
import type { ProgressEvent, ProgressView } from '../progress.ts';
import type { LaneState } from './lane.ts';

export type UploadEvent =
  /** The bar, and what moved it since the last one: already in the journal, so a restart shows no less. */
  | { readonly type: 'progress'; readonly view: ProgressView; readonly changes: readonly ProgressEvent[] }
  /** A node began or ceased to be spoken to, and why. */
  | { readonly type: 'node'; readonly node: Uint8Array; readonly state: LaneState }
  /** Nothing can be certified: `have` of the `need` nodes can be spoken to. The upload waits; it does not fail. */
  | { readonly type: 'waiting'; readonly have: number; readonly need: number }
  | { readonly type: 'sealed'; readonly certificate: BlobCertificate };
