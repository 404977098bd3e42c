export { type CheckpointRef, Follower, type FollowerOptions, WaitError } from './follower.ts';
export { FollowError, VerifiedTail } from './verified-tail.ts';
