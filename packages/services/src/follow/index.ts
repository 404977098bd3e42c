export { type CheckpointRef, Follower, type FollowerOptions, WaitError } from './follower.ts';
export { OUTPUT_KINDS, skimmedId } from './skim.ts';
export { FollowError, VerifiedTail } from './verified-tail.ts';
