/** Why a gateway does not answer, with the HTTP status. */
import { AssayError, type ErrorDetail } from '@assay/core';

const STATUS = {
  /** A parameter that is unknown or malformed. */
  parameter: 400,
  /** In a key's name, and not signed with that key (PROTOCOL 5.3). */
  'client-unsigned': 401,
  /** A payment that cannot be read. */
  payment: 400,
  'unknown-model': 404,
  /** A short name that several owners use. */
  'ambiguous-model': 409,
  'unknown-version': 404,
  'unknown-channel': 404,
  'unknown-receipt': 404,
  'unknown-participant': 404,
  /** The proof does not exist yet; it will. */
  'not-yet': 404,
  /** The same client and id with another request (PROTOCOL 5.3). */
  'id-reused': 409,
  /** Erased at its client's word (PROTOCOL 8.2). */
  erased: 410,
  overloaded: 503,
  'not-ready': 503,
  /** The chain did not answer in time. */
  chain: 503,
  /** Too much is held that no witness has seen (PROTOCOL 4.3). */
  unwitnessed: 503,
  /** The model has a price, and this gateway takes no money. */
  'no-till': 503,
  'channel-stopped': 503,
  /** No node that could answer is there. */
  'no-node': 503,
  /** Every node that was tried failed. */
  'nodes-failed': 502,
  /** A node refused for a reason that holds for every node; `status` is the node's. */
  refused: 400,
} as const;

type Code = keyof typeof STATUS;

/** The one error family of the gateway. */
export class GatewayError extends AssayError<Code> {
  readonly #status: number | undefined;

  /** @param status HTTP status when it is not the code's own: a node's refusal keeps the node's */
  constructor(code: Code, detail: ErrorDetail, status?: number) {
    super(code, detail);
    this.#status = status;
  }

  get status(): number {
    return this.#status ?? STATUS[this.code];
  }

  /** Seconds after which trying again makes sense, where it does. */
  get retryAfter(): number | undefined {
    return this.status === 503 || this.code === 'not-yet' ? 1 : undefined;
  }
}
