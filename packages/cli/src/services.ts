/** The parts of the services room that commands use. */
export { type Appended, Follower, LogClient, LogClientError, type Wait } from '@assay/services';
