/** The parts of the services room that commands use. */
export { Follower } from '../../services/src/follow/index.ts';
export { type Appended, LogClient, LogClientError, type Wait } from '../../services/src/log-client/index.ts';
