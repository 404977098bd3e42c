/**
 * A monitor: follows a log for somebody who relies on it, and raises what its operator, its witnesses or a stolen key
 * would have to answer for. It believes nothing that it did not verify, and remembers what it saw.
 */
import { AssayError, type Clock, hex, type Kind, type LogRecord } from '@assay/core';
import { CompactRange, leafHash, openCheckpoint, type Policy } from '@assay/log';
import { type Equivocation } from '@assay/views';
import { Follower, FollowError } from '../follow/index.ts';
import { type LogClient, LogClientError } from '../log-client/index.ts';

/** What is raised. */
export interface Alert {
  readonly code:
    | 'split-view' // a tree that the log signed is not the one that it serves
    | 'shrunk' // the log signs fewer entries than it did
    | 'equivocation' // two statements under one declared key
    | 'stale-head' // no witnessed checkpoint for too long
    | 'unexpected-statement' // a watched key signed something that was not expected of it
    | 'unreachable'; // the log does not answer
  readonly what: string;
  /** Log index, where there is one. */
  readonly index?: number;
}

/** A key to be watched, and what may come from it without a word. */
export interface Watched {
  /** Key id, or a participant's name. */
  readonly who: string;
  readonly expected: ReadonlySet<Kind>;
}

/** A checkpoint from elsewhere: a witness, a mirror, an earlier run. */
export interface OtherHead {
  readonly from: string;
  /** Undefined when it does not answer, or never saw the log. */
  readonly note: () => Promise<Uint8Array | undefined>;
}

export interface MonitorOptions {
  readonly log: LogClient;
  readonly policy: Policy;
  readonly clock: Clock;
  readonly maxAgeMs: number;
  readonly watch: readonly Watched[];
  /** Statements below this index were seen by an earlier run and are not raised again. */
  readonly since: number;
  readonly others: readonly OtherHead[];
}

/** Watches one log. */
export class Monitor {
  readonly #options: MonitorOptions;
  readonly #follower: Follower;
  readonly #leaves: Uint8Array[] = [];
  readonly #fresh: Alert[] = [];
  /** What is raised is raised once; what passes, such as silence, again when it comes back. */
  readonly #raised = new Set<string>();
  /** Sizes of the tree that were asked about from elsewhere, until the follower has read that far. */
  readonly #heads = new Map<
    string,
    { readonly size: number; readonly root: string; readonly from: string }
  >();
  #equivocations = 0;

  constructor(options: MonitorOptions) {
    this.#options = options;
    const { log, policy, clock } = options;
    this.#follower = new Follower({
      log,
      policy,
      clock,
      onEntry: (entry) => this.#leaves.push(leafHash(entry)),
      onRecord: (record) => this.#look(record),
    });
  }

  /** Entries seen. */
  get size(): number {
    return this.#follower.registry.size;
  }

  /** The newest checkpoint that was verified, to be shown to the next run. */
  get newestNote(): Uint8Array {
    return this.#follower.newestNote;
  }

  /** One look at the log and at what others hold of it. Returns what is new since the last. */
  async round(): Promise<readonly Alert[]> {
    try {
      await this.#follower.catchUp();
      this.#raised.delete('unreachable');
    } catch (error) {
      this.#raise(alertOf(error));
    }
    this.#lookAtKeys();
    await this.#compareHeads();
    this.#lookAtAge();
    return this.#fresh.splice(0);
  }

  #look(record: LogRecord): void {
    const { registry } = this.#follower;
    const name = registry.participants.get(record.signer)?.name;
    for (const { who, expected } of this.#options.watch) {
      if ((who !== record.signer && who !== name) || expected.has(record.kind)) continue;
      if (record.index < this.#options.since) continue;
      const what = `${name ?? record.signer} signed ${record.kind} ${record.id}`;
      this.#raise({ code: 'unexpected-statement', what, index: record.index });
    }
  }

  #lookAtKeys(): void {
    const { equivocations } = this.#follower.registry;
    for (const found of equivocations.slice(this.#equivocations)) {
      if (found.index >= this.#options.since) this.#raise(equivocationOf(found));
    }
    this.#equivocations = equivocations.length;
  }

  /** A checkpoint that the log signed must be a prefix of what it serves, whoever shows it. */
  async #compareHeads(): Promise<void> {
    const verifiers = this.#options.policy.logs.map(({ verifier }) => verifier);
    for (const { from, note } of this.#options.others) {
      const bytes = await note();
      if (bytes === undefined) continue;
      try {
        const { size, root } = openCheckpoint(bytes, verifiers).checkpoint;
        this.#heads.set(`${size} ${hex(root)}`, { size, root: hex(root), from });
      } catch (error) {
        // Not signed by this log: it proves nothing about it.
        if (!(error instanceof AssayError)) throw error;
      }
    }
    for (const [key, { size, root, from }] of this.#heads) {
      const ours = this.#rootAt(size);
      // One that lies ahead is kept until the log serves that much, for ever if it never does.
      if (ours === undefined) continue;
      this.#heads.delete(key);
      if (hex(ours) === root) continue;
      const what = `${from} has root ${root} at size ${size}; what the log serves leads to ${hex(ours)}`;
      this.#raise({ code: 'split-view', what });
    }
  }

  #lookAtAge(): void {
    const { lastWitnessedAt } = this.#follower;
    // Nothing was read: that the log does not answer is said already, and its head may be fresh.
    if (this.size === 0) return;
    const age = this.#options.clock.now() - lastWitnessedAt;
    if (age <= this.#options.maxAgeMs) {
      this.#raised.delete('stale-head');
      return;
    }
    const what =
      lastWitnessedAt === 0
        ? 'no witnessed checkpoint was seen yet'
        : `the newest witnessed checkpoint is ${Math.round(age / 1_000)} s old`;
    this.#raise({ code: 'stale-head', what });
  }

  #rootAt(size: number): Uint8Array | undefined {
    const recent = this.#follower.rootAt(size);
    if (recent !== undefined || size > this.#leaves.length) return recent;
    const range = new CompactRange();
    for (const leaf of this.#leaves.slice(0, size)) range.append(leaf);
    return range.root();
  }

  #raise(alert: Alert): void {
    const passes = alert.code === 'stale-head' || alert.code === 'unreachable';
    const key = passes ? alert.code : `${alert.code} ${alert.what}`;
    if (this.#raised.has(key)) return;
    this.#raised.add(key);
    this.#fresh.push(alert);
  }
}

function equivocationOf({ signer, key, first, second, index }: Equivocation): Alert {
  return { code: 'equivocation', what: `${signer} said both ${first} and ${second} under "${key}"`, index };
}

function alertOf(error: unknown): Alert {
  if (error instanceof FollowError)
    return { code: error.code === 'shrunk' ? 'shrunk' : 'split-view', what: error.what };
  if (error instanceof LogClientError) return { code: 'unreachable', what: error.message };
  // A checkpoint that does not verify: as far as anybody can tell the log does not answer.
  if (error instanceof AssayError) return { code: 'unreachable', what: error.message };
  throw error;
}
