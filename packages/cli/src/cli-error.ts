/** What a person at the command line can get wrong, or find missing. */
import { AssayError } from '@assay/core';

/**
 * - `usage`: arguments that do not fit together
 * - `no-network`: neither a local network folder nor a remote log is given
 * - `unknown-name`, `ambiguous-name`: a name that means nothing here, or more than one thing
 * - `unreadable-file`: a file that cannot be read, or is not what it should be
 * - `unwritable-file`: a file that cannot be written
 * - `not-allowed`: the log's own rules would ignore the statement, so it was not sent
 * - `not-yet`: a record that witnesses have not seen, or not by the size asked at
 * - `gateway`: the gateway refused or did not answer
 * - `chain`: a chain's JSON-RPC did not answer
 * - `mismatch`: content that is not what was signed or committed
 */
export class CliError extends AssayError<
  | 'usage'
  | 'no-network'
  | 'unknown-name'
  | 'ambiguous-name'
  | 'unreadable-file'
  | 'unwritable-file'
  | 'not-allowed'
  | 'not-yet'
  | 'gateway'
  | 'chain'
  | 'mismatch'
> {}
