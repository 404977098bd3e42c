/** The node's main path: from a request to a signed receipt that is durable before anybody hears of the answer. */
import {
  AssayError,
  type Clock,
  commit,
  encodeTensors,
  fromHex,
  hex,
  type Predicate,
  requestBytes,
  sha256,
  type Tensor,
} from '@assay/core';
import { EngineError, isCallerFault, type RunResult, type SessionCache } from '@assay/engine';
import { erasedFields, type Erasure } from '../erasure/index.ts';
import { type Answered, type Item, type Outbox, RequestLedger } from '../outbox/index.ts';
import type { CheckpointRef, LogView } from '../participant/index.ts';
import type { Charging, Ordered } from './charging.ts';
import { type Choice, chooseTarget } from './choose-target.ts';
import type { Fault } from './fault.ts';
import { eraseKept, type Kept, keptItem, readKept } from './kept-answer.ts';
import type { LeaseKeeper } from './lease-keeper.ts';
import { erasedError, NodeError } from './node-error.ts';
import type { ReceiptStream, Unplaced } from './receipt-stream.ts';

import { type ExecuteRequest, type ExecuteResponse, requestKey } from './wire/index.ts';

/** What an executor works with. */
export interface ExecutorOptions {
  readonly view: LogView;
  readonly clock: Clock;
  readonly outbox: Outbox;
  readonly stream: ReceiptStream;
  readonly leases: LeaseKeeper;
  readonly sessions: SessionCache;
  readonly runtime: Predicate<'output.receipt'>['runtime'];
  readonly maxDecisionAgeMs: number;
  /** Requests at once; more are sent away. */
  readonly maxInFlight: number;
  readonly fault: Fault | undefined;
  readonly charging: Charging;
}

/** A request on its way: what it asks, what will answer it, since when. */
interface Accepted {
  readonly request: ExecuteRequest;
  readonly requestBytes: Uint8Array;
  readonly choice: Choice;
  readonly accepted: number;
  readonly notBefore: CheckpointRef;
  /** Absent where the answer is free. */
  readonly ordered: Ordered | undefined;
}

/** Verification levels that this node can honour; any other is refused, never silently lowered. */
export const OFFERED_LEVELS = ['signed'] as const;

/** Executes requests, each once. */
export class Executor {
  readonly #options: ExecutorOptions;
  readonly #ledger: RequestLedger<ExecuteResponse>;
  #inFlight = 0;

  constructor(options: ExecutorOptions) {
    this.#options = options;
    this.#ledger = new RequestLedger({
      load: ({ place }) => intact(readKept(options.outbox.read(place))),
      reused: ({ key }) =>
        new NodeError('id-reused', {
          what: `the request id of "${key}" was used before, for something else`,
          where: 'id',
          fix: 'Give each request an id of its own; a retry must ask for exactly the same.',
        }),
    });
  }

  /** Notes an answer that an earlier process made durable. */
  restore(answered: Answered): void {
    this.#ledger.add(answered);
  }

  /** What is kept of a receipt's request. */
  kept(receiptId: string): Kept | undefined {
    const answered = this.#ledger.byReceipt(receiptId);
    return answered === undefined ? undefined : readKept(this.#options.outbox.read(answered.place));
  }

  /** Overwrites private fields of kept requests, durably. @throws OutboxError */
  async erase(erasures: readonly Erasure[]): Promise<void> {
    const { outbox } = this.#options;
    const items = new Map<Answered, Item>();
    for (const { receipt, fields } of erasures) {
      const answered = this.#ledger.byReceipt(receipt);
      if (answered === undefined) continue;
      const item = items.get(answered) ?? outbox.read(answered.place);
      const erased = erasedFields(readKept(item).salts);
      if (fields.some((field) => !erased.includes(field))) items.set(answered, eraseKept(item, fields));
    }
    await outbox.replace(Array.from(items, ([{ place }, item]) => ({ place, item })));
    for (const [answered, item] of items) this.#ledger.add({ ...answered, ...readKept(item).identity });
  }

  /** Lets go of requests and payloads older than `moment` (Unix milliseconds) that the log has. */
  forgetBefore(moment: number): void {
    this.#ledger.forget(this.#options.outbox.dropBefore(moment));
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /**
   * Answers a request; a retry gets the first answer again, byte for byte.
   *
   * @param gateway key id of the gateway that asks
   * @throws NodeError
   */
  async execute(request: ExecuteRequest, gateway: string): Promise<ExecuteResponse> {
    const bytes = requestBytes(request, request.inputBytes);
    const identity = { key: keyOf(request), hash: hex(sha256(bytes)) };
    return this.#ledger.once(identity, () => this.#admit(request, bytes, gateway));
  }

  async #admit(request: ExecuteRequest, bytes: Uint8Array, gateway: string): Promise<ExecuteResponse> {
    if (this.#inFlight >= this.#options.maxInFlight) {
      throw new NodeError('overloaded', {
        what: `${this.#inFlight} requests are being worked on, at most ${this.#options.maxInFlight} are`,
        fix: 'Try again in a moment, or another node.',
      });
    }
    this.#inFlight += 1;
    try {
      const accepted = this.#accept(request, bytes, gateway);
      const kept = await this.#run(accepted);
      return kept;
    } finally {
      this.#inFlight -= 1;
    }
  }

  #accept(request: ExecuteRequest, bytes: Uint8Array, gateway: string): Accepted {
    const { view, clock, maxDecisionAgeMs, fault, charging } = this.#options;
    assertOffered(request.verification);
    const { notBefore } = view;
    if (notBefore === undefined) {
      throw new NodeError('not-ready', {
        what: 'no witnessed checkpoint is in the log yet, so no receipt could say when it was made',
        fix: 'Wait until the witnesses have answered.',
      });
    }
    const accepted = clock.now();
    const { model, ask, id: requestId } = request;
    const choice = chooseTarget({ model, ask, requestId }, { view, now: accepted, maxDecisionAgeMs, fault });
    const ordered =
      request.payment === undefined
        ? undefined
        : charging.order(request.payment, { gateway, model, inputBytes: sizeOf(request.inputs) });
    return { request, requestBytes: bytes, choice, accepted, notBefore, ordered };
  }

  async #run(accepted: Accepted): Promise<Kept> {
    using _lease = await this.#options.leases.hold(accepted.choice.runs);
    const { inputs, outputs } = accepted.request;
    const result = await this.#options.sessions
      .use(accepted.choice.runs, (session) => session.run(inputs, outputs))
      .catch(asNodeError);
    return this.#keep(accepted, result);
  }

  /**
   * Signs and keeps. Between the signature and `put` nothing waits, so the journal's order is the stream's order. A
   * crash before `put` resolves leaves a receipt that nobody was told of; it is sent to the log all the same, because
   * the output was made.
   */
  async #keep(accepted: Accepted, { outputs, computeMicros }: RunResult): Promise<Kept> {
    const { request } = accepted;
    const outputBytes = encodeTensors(outputs);
    const usage = {
      inputBytes: String(sizeOf(request.inputs)),
      outputBytes: String(sizeOf(outputs)),
      computeMicros: String(computeMicros),
    };
    const { stream, charging } = this.#options;
    const { ordered } = accepted;
    const { id, sequence, entry } = stream.place(
      this.#receipt(accepted, outputBytes, usage),
      ordered === undefined ? undefined : (receipt) => charging.sign(ordered, receipt),
    );
    const kept: Kept = {
      identity: { key: keyOf(request), hash: hex(sha256(accepted.requestBytes)) },
      receiptId: id,
      stream: stream.id,
      sequence,
      salts: request.salts,
      entry,
      requestBytes: accepted.requestBytes,
      inputBytes: request.inputBytes,
      outputBytes,
    };
    const place = await this.#options.outbox.put(keptItem(kept));
    this.#ledger.add({ ...kept.identity, receiptId: id, place });
    return kept;
  }

  #receipt(accepted: Accepted, outputBytes: Uint8Array, usage: Unplaced['usage']): Unplaced {
    const { request, choice, notBefore } = accepted;
    const { salts } = request;
    return {
      request: {
        id: request.id,
        client: request.client,
        hash: commit(fromHex(salts.request), 'request', accepted.requestBytes),
      },
      attempt: request.attempt,
      model: request.model,
      target: choice.target,
      version: choice.says,
      input: commit(fromHex(salts.input), 'input', request.inputBytes),
      output: commit(fromHex(salts.output), 'output', outputBytes),
      accepted: accepted.accepted,
      finished: Math.max(accepted.accepted, this.#options.clock.now()),
      notBefore,
      finish: 'stop',
      usage,
      parameters: effectiveParameters(request),
      runtime: this.#options.runtime,
      verification: request.verification,
      ...(request.uses === undefined ? {} : { uses: request.uses }),
      ...(request.rerunOf === undefined ? {} : { rerunOf: request.rerunOf }),
      ...this.#options.charging.members(accepted.ordered, usage),
    };
  }
}

/**
 * What makes a request one request here. A receipt names its order, so an answer to one order is none to another: who lost
 * an answer and orders it anew, of this gateway or another one, gets a receipt of its own (PROTOCOL 5.4).
 */
const keyOf = (request: ExecuteRequest): string =>
  [requestKey(request), request.payment?.order ?? ''].join(' ').trimEnd();

/** A selection of outputs changes the answer, so it is signed like any other parameter. */
function effectiveParameters({ parameters, outputs }: ExecuteRequest): Record<string, string> {
  return { ...parameters, ...(outputs === undefined ? {} : { outputs: outputs.join(',') }) };
}

/** An answer that can be given again. @throws NodeError `erased` */
function intact(kept: Kept): Kept {
  const erased = erasedFields(kept.salts);
  if (erased.length === 0) return kept;
  throw erasedError(kept.receiptId, erased);
}

const sizeOf = (tensors: readonly Tensor[]): number =>
  tensors.reduce((sum, { bytes }) => sum + bytes.length, 0);

function assertOffered(level: string): void {
  if (OFFERED_LEVELS.some((offered) => offered === level)) return;
  throw new NodeError('verification', {
    what: `verification "${level}" is not offered here`,
    where: 'verification',
    fix: `Ask for one of: ${OFFERED_LEVELS.join(', ')}.`,
  });
}

/** What the engine says of a run, in the node's terms. */
function asNodeError(error: unknown): never {
  if (!(error instanceof AssayError) || error instanceof NodeError) throw error;
  const isTheirs = !(error instanceof EngineError) || isCallerFault(error);
  throw new NodeError(isTheirs ? 'request' : 'execution', {
    what: error.what,
    cause: error,
    ...(error.where === undefined ? {} : { where: error.where }),
    ...(error.fix === undefined ? {} : { fix: error.fix }),
  });
}
