/** Why a node does not answer, with the HTTP status and whether another node could. */
import { AssayError } from '@assay/core';

/** `elsewhere`: another node may do better with the same request. */
interface Meaning {
  readonly status: 400 | 401 | 403 | 404 | 409 | 410 | 413 | 422 | 500 | 503;
  readonly elsewhere: boolean;
}

const MEANING = {
  /** The body is not an execute request, or its tensors do not fit the version. */
  request: { status: 400, elsewhere: false },
  /** Not signed, or not by somebody who may ask. */
  unauthorised: { status: 401, elsewhere: true },
  /** Signed by somebody who may not see this. */
  forbidden: { status: 403, elsewhere: false },
  'unknown-model': { status: 404, elsewhere: true },
  'unknown-version': { status: 404, elsewhere: true },
  'unknown-channel': { status: 404, elsewhere: true },
  'unknown-payload': { status: 404, elsewhere: false },
  'unknown-chunk': { status: 404, elsewhere: true },
  /** The same client and id with another request (PROTOCOL 5.3). */
  'id-reused': { status: 409, elsewhere: false },
  /** Withdrawn by its owner; pins are refused as well (PROTOCOL 5.2). */
  withdrawn: { status: 410, elsewhere: false },
  /** Erased at its client's word (PROTOCOL 8.2). */
  erased: { status: 410, elsewhere: false },
  'too-large': { status: 413, elsewhere: false },
  /** The price book that is named is not known here, or not the asking gateway's for this model. */
  'unknown-price': { status: 404, elsewhere: true },
  /** The answer costs more than the order lets it. */
  price: { status: 422, elsewhere: false },
  /** A verification level that is not offered here. */
  verification: { status: 422, elsewhere: false },
  /** The graph failed while running. */
  execution: { status: 500, elsewhere: true },
  /** The channel's owner stopped it. */
  'channel-stopped': { status: 503, elsewhere: false },
  /** Starting or stopping. */
  'not-ready': { status: 503, elsewhere: true },
  /** The witnessed view of decisions is too old to serve channels (PROTOCOL 4.3). */
  'stale-view': { status: 503, elsewhere: true },
  /** The version's bytes are not here. */
  'not-here': { status: 503, elsewhere: true },
  overloaded: { status: 503, elsewhere: true },
} as const satisfies Record<string, Meaning>;

/** The one error family of the inference node. */
export class NodeError extends AssayError<keyof typeof MEANING> {
  get status(): Meaning['status'] {
    return MEANING[this.code].status;
  }

  get elsewhere(): boolean {
    return MEANING[this.code].elsewhere;
  }
}

/** A payload that its client had erased. */
export const erasedError = (receipt: string, fields: readonly string[]): NodeError =>
  new NodeError('erased', {
    what: `the client of receipt ${receipt} had its ${fields.join(' and ')} erased`,
    fix: 'Nothing brings it back; the receipt itself stays in the log.',
  });
