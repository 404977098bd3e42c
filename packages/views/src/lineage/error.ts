/** The one error family of the lineage view. */
import { AssayError } from '@assay/core';

/**
 * - `malformed`: input that is not a record, query or case (`where` is its JSON path)
 * - `position`: records must arrive in log order
 * - `unknown-incident`, `unknown-record`: the prefix that was asked does not hold it
 * - `out-of-range`: a number outside what a column, a bound or a policy can carry
 */
export class LineageError extends AssayError<
  'malformed' | 'position' | 'unknown-incident' | 'unknown-record' | 'out-of-range'
> {}
