/** What a log server says to its clients beyond what admission and the log say. */
import { AssayError } from '@assay/core';

export class LogServerError extends AssayError<
  | 'config' // a configuration file that is missing or does not fit
  | 'listen' // the address is taken, or not ours
  | 'starting' // the log is still being read back
  | 'not-found' // no such path, index or record
  | 'request' // a malformed query or body
  | 'timeout' // the body did not arrive in time
  | 'too-large' // the body is over the limit
  | 'witness-timeout' // logged, but no quorum of witnesses in time
> {}
