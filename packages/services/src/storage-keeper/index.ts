/** Looking after stored blobs by the log: what stands, what proved false, what is repaired. */
export { challengeResult, verifyChallengeResult } from './challenge-results.ts';
export { currentCustody } from './current-custody.ts';
export type { LeaseState } from './leases.ts';
export { type KeptBlob, repairStatement, StorageKeeper } from './keeper.ts';
export { type BlobRecords, type ChallengeResult, StorageRecords } from './storage-records.ts';
