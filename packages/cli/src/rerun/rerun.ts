/** A whole re-run of an incident: round by round, roots first, and nothing whose inputs did not change. */
import { join } from 'node:path';
import { freshId, type LogRecord } from '@assay/core';
import {
  clearedBySelfOnly,
  planReruns,
  requireIncident,
  type RerunResult,
  scopeIndex,
  served,
  type Timeline,
} from '@assay/views';
import {
  ContentCache,
  type StorageConnection,
  StorageSource,
  VersionStore,
  type Wait,
} from '@assay/services';
import { connect } from '../blob/connect.ts';
import { CliError } from '../cli-error.ts';
import { fetchPayload } from '../content/payloads.ts';
import { handlerOf, peopleOf } from '../incident/handler.ts';
import type { Session } from '../session.ts';
import type { Signatory } from '../signatory.ts';
import { type Examined, examine } from './examine.ts';
import type { Materiality } from './materiality.ts';
import { erasedIn } from './erased.ts';
import { parentsOf } from './parents.ts';
import { Referee } from './referee.ts';

/** What is asked for. */
export interface RerunRequest {
  readonly incident: string;
  /** Digest of the good version. */
  readonly on: string;
  readonly material: Materiality;
  readonly limit: number;
  readonly wait: Wait;
  /** Description of the storage network; the local one's when undefined. */
  readonly storage: string | undefined;
  /** These outputs alone, instead of what the plan asks for. */
  readonly only?: readonly string[];
}

/** One output, and what came of it. */
export interface Rerunning {
  readonly output: string;
  readonly node: string;
  /** The version that its receipt names, and the one that really made it. */
  readonly said: string;
  readonly madeBy?: string;
  readonly result: RerunResult;
  /** Why it could not be determined. */
  readonly why?: string;
  /** Ids of the statements that were logged. */
  readonly evidence?: string;
  readonly disposition?: string;
}

/** How long nodes may take to read in the log that a verifier has joined, in milliseconds. */
const HEARD_MS = 10_000;
const RETRY_MS = 250;

type Receipt = LogRecord & { readonly kind: 'output.receipt' };

/** One run over one incident. */
export class Rerun {
  readonly #session: Session;
  readonly #timeline: Timeline;
  readonly #request: RerunRequest;
  readonly #verifier: Signatory;
  readonly #parents: ReadonlyMap<string, readonly string[]>;
  readonly #erased: ReadonlySet<string>;
  readonly #results = new Map<string, RerunResult>();
  /** Until when nodes may not have heard yet that the verifier has joined. */
  #newUntil = 0;

  constructor(session: Session, timeline: Timeline, request: RerunRequest) {
    this.#session = session;
    this.#timeline = timeline;
    this.#request = request;
    this.#verifier = session.signatory('verifier');
    this.#parents = parentsOf(timeline);
    this.#erased = erasedIn(timeline);
  }

  /** Re-executes what the plan asks for and what only suspect nodes clear. @throws CliError, LogClientError */
  async all(): Promise<Rerunning[]> {
    const { incident, limit, only } = this.#request;
    const prefix = this.#timeline.asOf();
    const found: Rerunning[] = [];
    const { clock } = this.#session.context;
    if (await this.#session.join(this.#verifier)) this.#newUntil = clock.now() + HEARD_MS;
    await using network = connect(this.#session, this.#request.storage);
    await using referee = await Referee.open(this.#versions(network));
    const progress = this.#session.progress();
    const examineAll = async (ids: readonly string[]): Promise<void> => {
      for (const id of ids) {
        if (found.length >= limit) return;
        found.push(await this.#one(id, referee));
        progress.tick(() => `re-executed ${found.length} outputs`);
      }
    };
    await examineAll(only ?? clearedBySelfOnly(prefix, incident));
    if (only !== undefined) return found;
    for (;;) {
      const next = planReruns(prefix, incident, this.#results).rerun.filter((id) => !this.#results.has(id));
      if (next.length === 0 || found.length >= limit) return found;
      await examineAll(next);
    }
  }

  #versions(network: StorageConnection): VersionStore {
    const { models } = this.#timeline.registry;
    return new VersionStore({
      cache: new ContentCache(join(this.#session.dir, 'content', 'referee')),
      blobs: new StorageSource(network),
      blobOf: (version) => models.version(version)?.blob.id,
    });
  }

  async #one(output: string, referee: Referee): Promise<Rerunning> {
    const receipt = this.#timeline.record(output);
    if (receipt?.kind !== 'output.receipt')
      throw new CliError('unknown-name', { what: `${output} is no output` });
    const about = { output, node: receipt.signer, said: receipt.predicate.version };
    if (this.#erased.has(output)) return this.#undetermined(about, 'its client had it erased');
    const payload = await this.#payload(receipt);
    if (payload === undefined) return this.#undetermined(about, 'its node does not keep the input any more');
    const candidates = [about.said, ...this.#badVersions()];
    const examined = await examine(
      { receipt, payload, candidates, on: this.#request.on },
      referee,
      this.#request.material,
    );
    const evidence = await this.#logEvidence(receipt, examined, referee);
    const made = {
      ...about,
      ...(examined.madeBy === undefined ? {} : { madeBy: examined.madeBy.version }),
      ...(evidence === undefined ? {} : { evidence }),
    };
    if (this.#hasChangedInput(output))
      return this.#undetermined(made, 'one of its inputs is itself different or open');
    this.#results.set(output, examined.result);
    const disposition = await this.#dispose(output, examined.result, evidence);
    return { ...made, result: examined.result, ...(disposition === undefined ? {} : { disposition }) };
  }

  #undetermined(about: Omit<Rerunning, 'result' | 'why'>, why: string): Rerunning {
    this.#results.set(about.output, 'undetermined');
    return { ...about, result: 'undetermined', why };
  }

  #badVersions(): readonly string[] {
    return requireIncident(this.#timeline.asOf(), this.#request.incident).state.terms.versions ?? [];
  }

  #inScope(id: string): boolean {
    const prefix = this.#timeline.asOf();
    return scopeIndex(prefix, this.#request.incident).has(prefix.ledger.records.find(id));
  }

  /** The recorded input is the whole truth only while what it was made from stands. */
  #hasChangedInput(output: string): boolean {
    return (this.#parents.get(output) ?? []).some(
      (id) => this.#inScope(id) && this.#results.get(id) !== 'same',
    );
  }

  async #payload(receipt: Receipt): ReturnType<typeof fetchPayload> {
    const endpoint = this.#timeline.registry.participants.get(receipt.signer)?.endpoints[0];
    if (endpoint === undefined) return undefined;
    const of = { id: receipt.id, receipt: receipt.predicate, node: receipt.signer, endpoint };
    const by = { as: this.#verifier, clock: this.#session.context.clock };
    for (;;) {
      try {
        return await fetchPayload(of, by);
      } catch (error) {
        const isNew = by.clock.now() < this.#newUntil;
        if (!isNew || !(error instanceof CliError) || error.code !== 'not-allowed') throw error;
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }

  /** Logs which version made it, unless evidence as good says so already. */
  async #logEvidence(receipt: Receipt, { madeBy }: Examined, referee: Referee): Promise<string | undefined> {
    if (madeBy === undefined) return undefined;
    const known = served(this.#timeline.asOf(), receipt.id);
    if (known.s === 'known' && known.grade >= 3 && known.v === madeBy.version) return undefined;
    const { version, difference, tolerance } = madeBy;
    const reexecution = { runtime: { ...referee.runtime }, difference, tolerance };
    const { id } = await this.#session.publish(
      'evidence',
      { output: receipt.id, version, reexecution },
      { as: this.#verifier, wait: this.#request.wait },
    );
    return id;
  }

  async #dispose(
    target: string,
    result: RerunResult,
    evidence: string | undefined,
  ): Promise<string | undefined> {
    if (result === 'undetermined' || !this.#inScope(target)) return undefined;
    const { incident, wait } = this.#request;
    const as = handlerOf(this.#timeline.registry, target, peopleOf(this.#session.dir));
    const { id } = await this.#session.publish(
      'incident.settle',
      {
        incident,
        target,
        state: result === 'same' ? 'rerun_same' : 'rerun_different',
        nonce: freshId(this.#session.context.entropy),
        ...(evidence === undefined ? {} : { basis: [evidence] }),
      },
      { as, wait },
    );
    return id;
  }
}
