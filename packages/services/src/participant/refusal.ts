/** Which answers of a log mean that it will never take this entry, so that trying again is in vain. */
import { AssayError } from '@assay/core';

/** Malformed, too large, or not a statement: the same bytes get the same answer tomorrow. */
const FOR_GOOD: ReadonlySet<unknown> = new Set([400, 413, 422]);

/** Whether `error` is the log's word that an entry is wrong in itself. Not joined, over quota and down are not. */
export function isRefusal(error: unknown): boolean {
  return error instanceof AssayError && 'status' in error && FOR_GOOD.has(error.status);
}
