/** Which HTTP status an error deserves, and its JSON body. */
import { AssayError } from '@assay/core';

/** What a refusal looks like on the wire. */
export interface Refusal {
  readonly status: number;
  readonly body: string;
  /** Seconds after which trying again makes sense. */
  readonly retryAfter?: number;
}

// By code, because codes say what happened whichever family they belong to; what is not listed is the sender's mistake.
const STATUS: Readonly<Record<string, number>> = {
  signature: 403,
  'not-joined': 403,
  'not-operator': 403,
  work: 403,
  'not-covered': 404,
  'not-found': 404,
  path: 404,
  method: 405,
  timeout: 408,
  'too-large': 413,
  'entry-size': 413,
  quota: 429,
  overloaded: 503,
  stopped: 503,
  'lost-race': 503,
  corrupt: 503,
  missing: 503,
  'clock-backwards': 503,
  'witness-timeout': 504,
};

/** The refusal for an error; one that is not ours says nothing of its inside. */
export function refusalFor(error: unknown): Refusal {
  if (!(error instanceof AssayError)) {
    const body = {
      error: 'LogServerError',
      code: 'internal',
      what: 'the log server failed; its own log says why',
    };
    return { status: 500, body: JSON.stringify(body) };
  }
  const status = STATUS[error.code] ?? 400;
  const body = JSON.stringify(error.toJSON());
  return status === 429 || status === 503 ? { status, body, retryAfter: 1 } : { status, body };
}
