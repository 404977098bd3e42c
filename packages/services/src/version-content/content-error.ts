/** Why the content of a version cannot be had. */
import { AssayError } from '@assay/core';

/**
 * `unpublished`: no log entry says where it is. `unavailable`: too few storage nodes gave what they hold; which did not
 * answer stands in `what`. `mismatch`: the blob holds other bytes than the version names.
 */
export class ContentError extends AssayError<'unpublished' | 'unavailable' | 'mismatch'> {}
