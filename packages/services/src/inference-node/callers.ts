/** Who may ask a node for what: gateways for answers, nodes for chunks, verifiers and the client itself for payloads. */
import type { Clock } from '@assay/core';
import type { LogView } from '../participant/index.ts';
import { requestSigner, RequestSignatureError, type SignedRequest } from '../participant/index.ts';
import { NodeError } from './node-error.ts';

/** A header that was verified, until when it stays so. */
interface Remembered {
  readonly signer: string;
  readonly until: number;
}

const REMEMBERED = 256;
/** Gateways sign once a second and send the same header with every request of that second. */
const REMEMBER_MS = 5_000;

/** Judges the signers of requests by the roles that the log gives them. */
export class Callers {
  readonly #view: LogView;
  readonly #clock: Clock;
  readonly #known = new Map<string, Remembered>();

  constructor(view: LogView, clock: Clock) {
    this.#view = view;
    this.#clock = clock;
  }

  /** The key of the gateway that asks for an answer. @throws NodeError `unauthorised` */
  gateway(header: string | undefined, request: SignedRequest): Promise<string> {
    return this.#joined('gateway', header, request);
  }

  /** The key of the node that asks for a chunk. @throws NodeError `unauthorised` */
  node(header: string | undefined, request: SignedRequest): Promise<string> {
    return this.#joined('node', header, request);
  }

  /** The key that asks for a payload, when it is a verifier or the request's own client. @throws NodeError */
  reader(header: string | undefined, request: SignedRequest, client: string): string {
    const signer = this.#signer(header, request);
    if (signer === client || this.#hasRole(signer, 'verifier')) return signer;
    throw new NodeError('forbidden', {
      what: `${signer} is neither a joined verifier nor the client of this request`,
      fix: 'Payloads are private; ask the client.',
    });
  }

  async #joined(
    role: 'gateway' | 'node',
    header: string | undefined,
    request: SignedRequest,
  ): Promise<string> {
    const signer = this.#signer(header, request);
    if (this.#hasRole(signer, role)) return signer;
    // It may have joined a moment ago.
    await this.#view.catchUp();
    if (this.#hasRole(signer, role)) return signer;
    throw new NodeError('unauthorised', {
      what: `${signer} is not a ${role} that has joined`,
      fix: `Join with the role "${role}", and wait until the log has it.`,
    });
  }

  #hasRole(keyId: string, role: string): boolean {
    const { participants } = this.#view.registry;
    return participants.isActive(keyId) && participants.get(keyId)?.roles.includes(role) === true;
  }

  #signer(header: string | undefined, request: SignedRequest): string {
    const now = this.#clock.now();
    const id = `${request.method} ${request.path} ${header}`;
    const known = this.#known.get(id);
    if (known !== undefined && known.until > now) return known.signer;
    const signer = verified(header, request, this.#clock);
    if (this.#known.size >= REMEMBERED) this.#known.clear();
    this.#known.set(id, { signer, until: now + REMEMBER_MS });
    return signer;
  }
}

function verified(header: string | undefined, request: SignedRequest, clock: Clock): string {
  try {
    return requestSigner(header, request, clock);
  } catch (error) {
    if (!(error instanceof RequestSignatureError)) throw error;
    throw new NodeError('unauthorised', {
      what: error.what,
      cause: error,
      ...(error.where === undefined ? {} : { where: error.where }),
      ...(error.fix === undefined ? {} : { fix: error.fix }),
    });
  }
}
