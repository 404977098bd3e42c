export { type CheckpointRef, Follower, type FollowerOptions, WaitError } from './follower.ts';
export { OUTPUT_KINDS, SERVED_KINDS, skimmed, type Skimmed } from './skim.ts';
export { FollowError, VerifiedTail } from './verified-tail.ts';
