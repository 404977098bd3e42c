/** Which answer a request got and whether it reached the client: durable, so that a retry gets it again (PROTOCOL 5.3, 5.4). */
import { signStatement, type Signer } from '@assay/core';
import {
  type Item,
  type Outbox,
  type RecordPlace,
  type RequestIdentity,
  RequestLedger,
} from '../outbox/index.ts';
import { decodeExecuteResponse, type ReadResponse } from '../inference-node/wire/index.ts';
import { GatewayError } from './gateway-error.ts';
import type { NodeAnswer } from './try-nodes.ts';

/** How long deliveries are gathered before they are made durable together: nobody waits for them. */
const GATHER_MS = 100;

/** What the ledger finds in the outbox when it is opened. */
export class DeliveryRecovery {
  readonly chosen: (RequestIdentity & { receiptId: string; place: RecordPlace })[] = [];
  readonly delivered = new Set<string>();
  /** Whether a join was made durable before. */
  joined = false;

  readonly onItem = ({ meta }: Item, place: RecordPlace): void => {
    if (meta.kind === 'join') this.joined = true;
    const { key, hash, receipt } = meta as { key: string; hash: string; receipt: string };
    if (meta.kind === 'chosen') this.chosen.push({ key, hash, receiptId: receipt, place });
    if (meta.kind === 'delivered') this.delivered.add(receipt);
  };
}

/** What the ledger works with. */
export interface DeliveryLedgerOptions {
  readonly outbox: Outbox;
  readonly signer: Signer;
  readonly recovered: DeliveryRecovery;
  /** Told of a delivery that could not be made durable. */
  readonly onFailure: (error: unknown) => void;
}

/** The requests of one gateway. */
export class DeliveryLedger {
  readonly #options: DeliveryLedgerOptions;
  readonly #requests: RequestLedger<ReadResponse>;
  readonly #delivered: Set<string>;
  #gathered: { receiptId: string; bytesSent: number }[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(options: DeliveryLedgerOptions) {
    this.#options = options;
    this.#delivered = options.recovered.delivered;
    this.#requests = new RequestLedger({
      load: ({ place }) => this.#read(place),
      reused: ({ key }) =>
        new GatewayError('id-reused', {
          what: `the request id of "${key}" was used before, for something else`,
          where: 'id',
          fix: 'Give each request an id of its own; a retry must ask for exactly the same.',
        }),
    });
    for (const answered of options.recovered.chosen) this.#requests.add(answered);
  }

  /**
   * The answer that a request got before, or that of `work`, made durable. From then on the request has this receipt
   * and no other, whatever other nodes still answer.
   */
  once(identity: RequestIdentity, work: () => Promise<NodeAnswer>): Promise<ReadResponse> {
    return this.#requests.once(identity, async () => {
      const { answer, body } = await work();
      const meta = { kind: 'chosen', ...identity, receipt: answer.receiptId };
      const place = await this.#options.outbox.put({ meta, body });
      this.#requests.add({ ...identity, receiptId: answer.receiptId, place });
      return answer;
    });
  }

  /** The answer that has this receipt, when it went through this gateway. */
  byReceipt(receiptId: string): ReadResponse | undefined {
    const answered = this.#requests.byReceipt(receiptId);
    return answered === undefined ? undefined : this.#read(answered.place);
  }

  /** Says in the log that an answer went out in full; once per receipt. A cut one is not said to be delivered. */
  delivered(receiptId: string, bytesSent: number): void {
    if (this.#delivered.has(receiptId)) return;
    this.#delivered.add(receiptId);
    this.#gathered.push({ receiptId, bytesSent });
    this.#timer ??= setTimeout(() => void this.flush().catch(this.#options.onFailure), GATHER_MS);
  }

  /** Lets go of requests older than `moment` (Unix milliseconds) whose deliveries the log has. */
  forgetBefore(moment: number): void {
    this.#requests.forget(this.#options.outbox.dropBefore(moment));
  }

  /** Makes what was gathered durable. A crash before it loses the statement, not the answer. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const { outbox, signer } = this.#options;
    const puts = this.#gathered.splice(0).map(({ receiptId, bytesSent }) => {
      const entry = signStatement(
        'request.deliver',
        { receipt: receiptId, bytesSent: String(bytesSent) },
        signer,
      );
      return outbox.put({ meta: { kind: 'delivered', receipt: receiptId }, entry });
    });
    await Promise.all(puts);
  }

  #read(place: RecordPlace): ReadResponse {
    return decodeExecuteResponse(this.#options.outbox.read(place).body as Uint8Array);
  }
}
