/** A whole log in memory with real statements, signatures, witnesses and tiles: what the audit tests bend. */
import {
  concat,
  ed25519Signer,
  fromUtf8,
  hex,
  type Kind,
  mldsa44Signer,
  openStatement,
  type Predicate,
  utf8,
} from '@assay/core';
import {
  bundlePath,
  CompactRange,
  cosign,
  ed25519Cosigner,
  ed25519NoteSigner,
  encodeBundle,
  formatVkey,
  inclusionProof,
  leafHash,
  mldsa44Cosigner,
  newBundles,
  type NodeReader,
  parseNote,
  parsePolicy,
  type Policy,
  signCheckpoint,
  tilePath,
  tilesOf,
  type TlogProof,
} from '@assay/log';
import { RULES, Timeline, viewRootsAt } from '@assay/views';
import { type LogReader, witnessedAt } from '../../src/index.ts';
import { nodeA, nodeB, operator, owner, type Person } from '../../../views/test/support/log-builder.ts';

export const ORIGIN = 'log.example/audited';
const seed = (n: number): Uint8Array => new Uint8Array(32).fill(n);
const logKey = ed25519NoteSigner(ORIGIN, ed25519Signer(seed(9)));
const logPqKey = mldsa44Cosigner(ORIGIN, mldsa44Signer(seed(8)));
const witnesses = [1, 2, 3, 4].map((n) =>
  ed25519Cosigner(`witness.example/w${n}`, ed25519Signer(seed(10 + n))),
);

/** Three of four witnesses; the log's ML-DSA-44 key beside its Ed25519 one (PROTOCOL 4.4). */
export const policyText = [
  `log ${formatVkey(logKey.key)}`,
  `log ${formatVkey(logPqKey.key)}`,
  ...witnesses.map((witness, i) => `witness w${i + 1} ${formatVkey(witness.key)}`),
  'group g 3 w1 w2 w3 w4',
  'quorum g',
  '',
].join('\n');
export const policy: Policy = parsePolicy(policyText);
/** The time of judgement of all tests. */
export const NOW = 1_700_100_000;
export const trust = { policy, judgedAt: NOW };

const mac = `hmac-sha256:${'0'.repeat(64)}`;
export const model = `${owner.keyId}/vol`;
export const channel = `${model}/prod`;
export const V1 = `sha256:${'a'.repeat(64)}`;
export const V2 = `sha256:${'b'.repeat(64)}`;

export class RealLog {
  readonly entries: Uint8Array[] = [];
  readonly timeline = new Timeline(witnessedAt(policy));
  readonly #nodes = new Map<string, Uint8Array>();
  readonly #range = new CompactRange();
  #time = 1_700_000_000;
  #sequence = new Map<string, number>();
  #notBefore = { origin: ORIGIN, size: '0', root: hex(new CompactRange().root()) };
  #decision = '';

  /** Appends bytes, whatever they are. */
  append(entry: Uint8Array): number {
    const index = this.entries.push(entry) - 1;
    this.#range.append(leafHash(entry), (level, at, hash) => this.#nodes.set(`${level}/${at}`, hash));
    return index;
  }

  /** Appends a statement and returns its index. */
  add<K extends Kind>(by: Person, kind: K, predicate: Predicate<K>): number {
    const entry = by.sign(kind, predicate);
    const record = { ...openStatement(entry), index: this.append(entry) };
    this.timeline.apply(record);
    if (record.kind === 'channel.decide') this.#decision = record.id;
    return record.index;
  }

  /** The checkpoint of everything so far, cosigned by the first `count` witnesses. */
  note(count = 3): Uint8Array {
    this.#time += 10;
    const checkpoint = { origin: ORIGIN, size: this.entries.length, root: this.#range.root() };
    const note = signCheckpoint(checkpoint, [logKey, logPqKey], this.#time);
    const lines = witnesses
      .slice(0, count)
      .map((witness, i) => utf8(cosign(parseNote(note), witness, this.#time + i)));
    return concat(note, ...lines);
  }

  /** Logs a witnessed checkpoint and a view root over everything so far; `forged` is changed in the root. */
  witness(
    note: Uint8Array = this.note(),
    forged: Partial<Predicate<'view.root'>> = {},
  ): { readonly index: number; readonly note: Uint8Array } {
    const size = this.entries.length;
    this.#notBefore = { origin: ORIGIN, size: String(size), root: hex(this.#range.root()) };
    const index = this.add(operator, 'checkpoint.cosigned', {
      origin: ORIGIN,
      size: String(size),
      note: fromUtf8(note),
    });
    if (this.timeline.registry.time.at(size) === undefined) return { index, note };
    const roots = viewRootsAt(this.timeline, size);
    this.add(operator, 'view.root', { origin: ORIGIN, size: String(size), rules: RULES, roots, ...forged });
    return { index, note };
  }

  decide(version: string): number {
    return this.add(owner, 'channel.decide', { channel, to: { [version]: 10_000 }, nonce: this.#nonce() });
  }

  /** A receipt by `node` that names `version`. */
  output(node: Person, version: string, more: Partial<Predicate<'output.receipt'>> = {}): number {
    const predicate = this.outputPredicate(node, version, more);
    this.#sequence.set(node.keyId, Number(predicate.sequence) + 1);
    return this.add(node, 'output.receipt', predicate);
  }

  /** What that receipt says, without logging it. */
  outputPredicate(
    node: Pick<Person, 'keyId'>,
    version: string,
    more: Partial<Predicate<'output.receipt'>> = {},
  ): Predicate<'output.receipt'> {
    return {
      request: { id: `r${this.entries.length}`, client: 'someone', hash: mac },
      attempt: 0,
      model,
      target: { channel, decision: this.#decision },
      version,
      input: mac,
      output: mac,
      stream: 'ab'.repeat(16),
      sequence: String(this.#sequence.get(node.keyId) ?? 0),
      accepted: this.#time * 1_000 + 3_000,
      finished: this.#time * 1_000 + 4_000,
      notBefore: this.#notBefore,
      finish: 'stop',
      usage: { inputBytes: '1', outputBytes: '1', computeMicros: '1' },
      parameters: {},
      runtime: { name: 'ort', version: '1', platform: 'test', provider: 'cpu', threads: 1 },
      verification: 'signed',
      ...more,
    };
  }

  /** Lets time pass before the next checkpoint. */
  wait(seconds: number): void {
    this.#time += seconds;
  }

  proof(index: number, checkpoint: Uint8Array = this.note()): TlogProof {
    return { index, hashes: inclusionProof(index, this.entries.length, this.#node), checkpoint };
  }

  /** Every file that the log serves. */
  files(checkpoint: Uint8Array = this.note()): Map<string, Uint8Array> {
    const size = this.entries.length;
    const files = new Map([['checkpoint', checkpoint]]);
    for (const tile of tilesOf(size)) {
      const at = (i: number): Uint8Array => this.#node(tile.level * 8, tile.index * 256 + i);
      files.set(tilePath(tile), concat(...Array.from({ length: tile.width }, (_, i) => at(i))));
    }
    for (const bundle of newBundles(0, size)) {
      const start = bundle.index * 256;
      files.set(bundlePath(bundle), encodeBundle(this.entries.slice(start, start + bundle.width)));
    }
    return files;
  }

  /** A log that begins with the same entries. */
  fork(size: number = this.entries.length): RealLog {
    const fork = begun(0);
    for (const entry of this.entries.slice(fork.entries.length, size)) fork.append(entry);
    return fork;
  }

  readonly #node: NodeReader = (level, index) => this.#nodes.get(`${level}/${index}`) as Uint8Array;
  #nonce = (): string => this.entries.length.toString(16).padStart(32, '0');
}

/** Everyone joined, v1 announced, and `outputs` receipts under witnessed checkpoints. */
export function begun(outputs = 10): RealLog {
  const log = new RealLog();
  log.add(operator, 'participant.join', operator.join(['log']));
  log.add(owner, 'participant.join', owner.join(['owner']));
  log.add(nodeA, 'participant.join', nodeA.join(['node']));
  log.add(nodeB, 'participant.join', nodeB.join(['node']));
  log.add(owner, 'model.create', { model });
  for (const [label, version] of [
    ['v1', V1],
    ['v2', V2],
  ] as const) {
    const spec = { datatype: 'FP32' as const, shape: [1] };
    const [inputs, made] = [[{ name: 'x', ...spec }], [{ name: 'y', ...spec }]];
    const blob = { id: version.slice('sha256:'.length), size: '1' };
    log.add(owner, 'version.publish', {
      model,
      version,
      label,
      blob,
      inputs,
      outputs: made,
      licence: 'Apache-2.0',
    });
  }
  log.decide(V1);
  log.witness();
  for (let i = 1; i <= outputs; i++) {
    log.output(i % 2 === 0 ? nodeA : nodeB, V1);
    if (i % 100 === 0 || i === outputs) log.witness();
  }
  return log;
}

/** The files as a reader. */
export function readerOf(files: ReadonlyMap<string, Uint8Array>): LogReader {
  return { read: async (path) => files.get(path) };
}
