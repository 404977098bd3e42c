/** What every serving process does as a participant: join, follow the log, sign what it asks of others. */
export { joinEntry, type Membership } from './join.ts';
export type { CheckpointRef, LogView } from './log-view.ts';
export {
  AUTHORIZATION,
  REPLAY_WINDOW_SECONDS,
  requestSigner,
  RequestSignatureError,
  type SignedRequest,
  signRequest,
} from './request-signature.ts';
export { logSink, type LogSink } from './log-sink.ts';
export {
  followLog,
  type FollowedLog,
  type Outside,
  type Participant,
  startParticipant,
} from './start-participant.ts';
export { untilItWorks } from './until-it-works.ts';
