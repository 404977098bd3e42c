/** Why a mirror does not take what a log offers, or does not trust what it holds itself. */
import { AssayError } from '@assay/core';

export class MirrorError extends AssayError<
  | 'empty' // the source has no checkpoint, or the mirror holds nothing
  | 'shrunk' // the source signs fewer entries than the mirror holds
  | 'split-view' // a signed tree is not the one that the mirror holds: proof against the log's operator
  | 'incomplete' // entries under a signed checkpoint are not served
  | 'corrupt' // what the mirror holds is not what it once verified
  | 'occupied' // there is a log already where one was to be rebuilt
> {}
