/** Builds the records of a small log, signed for real, and folds them as they come. */
import {
  ed25519Signer,
  findWork,
  fromHex,
  keyIdOf,
  type Kind,
  type LogRecord,
  openStatement,
  paymentKeyId,
  type Predicate,
  signPaymentKey,
  signStatement,
} from '@assay/core';
import { JOIN_WORK_BITS, Money, Timeline } from '../../src/index.ts';
import { paymentSigner, type PaymentSigner } from '@assay/core/money';

/** A test participant. */
export interface Person {
  readonly keyId: string;
  readonly payment: PaymentSigner;
  readonly sign: <K extends Kind>(kind: K, predicate: Predicate<K>) => Uint8Array;
  readonly signBytes: (bytes: Uint8Array) => Uint8Array;
  readonly join: (
    roles: Predicate<'participant.join'>['roles'],
    operator?: string,
  ) => Predicate<'participant.join'>;
}

const works = new Map<string, string>();

/** Join work is dear on purpose; each test person does it once. */
function workOf(publicKey: Uint8Array, keyId: string): string {
  const work = works.get(keyId) ?? String(findWork(publicKey, JOIN_WORK_BITS));
  works.set(keyId, work);
  return work;
}

/** The same seed digit gives the same person. */
export function person(digit: string): Person {
  const signer = ed25519Signer(fromHex(digit.repeat(64)));
  const secret = fromHex(`0${digit}`.repeat(32));
  const keyId = keyIdOf(signer.publicKey);
  return {
    keyId,
    payment: paymentSigner(secret),
    signBytes: (bytes) => signer.sign(bytes),
    sign: (kind, predicate) => signStatement(kind, predicate, signer),
    join: (roles, operator) => ({
      roles,
      name: `p${digit}`,
      endpoints: [],
      paymentKey: paymentKeyId(secret),
      paymentKeySignature: signPaymentKey(secret, keyId),
      work: workOf(signer.publicKey, keyId),
      ...(operator === undefined ? {} : { operator }),
    }),
  };
}

export const operator = person('1');
export const owner = person('2');
export const nodeA = person('3');
export const nodeB = person('4');
export const agent = person('5');
export const verifier = person('6');
export const stranger = person('7');
export const gateway = person('8');
export const settler = person('9');

const ORIGIN = 'log.test/assay';
const STREAM = 'ab'.repeat(16);
export const model = `${owner.keyId}/vol`;
export const channel = `${model}/prod`;
export const digestOf = (digit: string): string => `sha256:${digit.repeat(64)}`;
const mac = `hmac-sha256:${'0'.repeat(64)}`;

/** One log, folded as it grows. The note of a witnessed checkpoint is its time in seconds, in plain digits. */
export class LogBuilder {
  readonly origin: string;
  readonly timeline = new Timeline(({ note }) => (/^[0-9]+$/.test(note) ? Number(note) : undefined));
  readonly money = new Money(this.timeline.registry);
  readonly records: LogRecord[] = [];
  readonly entries: Uint8Array[] = [];
  #sequence = new Map<string, { next: number; last?: string }>();
  #lastWitnessed = { size: 0, time: 0 };

  constructor(origin = ORIGIN) {
    this.origin = origin;
  }

  /** Entries so far. */
  get size(): number {
    return this.records.length;
  }

  /** Appends one statement and returns its record id. */
  add<K extends Kind>(by: Person, kind: K, predicate: Predicate<K>): string {
    const entry = by.sign(kind, predicate);
    this.entries.push(entry);
    const record = { ...openStatement(entry), index: this.records.length } as LogRecord;
    this.records.push(record);
    if (this.timeline.apply(record) === undefined) this.money.apply(record, entry);
    return record.id;
  }

  /** Logs a witnessed checkpoint over everything so far. Returns its size. */
  witness(time: number): number {
    const size = this.size;
    this.#lastWitnessed = { size, time };
    this.add(operator, 'checkpoint.cosigned', {
      origin: this.origin,
      size: String(size),
      note: String(time),
    });
    return size;
  }

  /** A fresh nonce: the position of the next record. */
  nonce(): string {
    return this.size.toString(16).padStart(32, '0');
  }

  join(by: Person, roles: Predicate<'participant.join'>['roles'], of?: Person): string {
    return this.add(by, 'participant.join', by.join(roles, of?.keyId));
  }

  publish(label: string, digit: string): string {
    this.add(owner, 'version.publish', {
      model,
      version: digestOf(digit),
      label,
      blob: { id: digit.repeat(64), size: '1' },
      inputs: [{ name: 'x', datatype: 'FP32', shape: [1] }],
      outputs: [{ name: 'y', datatype: 'FP32', shape: [1] }],
      licence: 'Apache-2.0',
    });
    return digestOf(digit);
  }

  decide(
    to: Record<string, number>,
    by: Person = owner,
    more: Partial<Predicate<'channel.decide'>> = {},
  ): string {
    return this.add(by, 'channel.decide', { channel, to, nonce: this.nonce(), ...more });
  }

  /** A receipt by `node` naming `version`, not before the last witnessed checkpoint. */
  output(node: Person, version: string, more: Partial<Predicate<'output.receipt'>> = {}): string {
    const predicate = this.outputPredicate(node, version, more);
    const id = this.add(node, 'output.receipt', predicate);
    this.#sequence.set(node.keyId, { next: Number(predicate.sequence) + 1, last: id });
    return id;
  }

  /** What that receipt says, without logging it. */
  outputPredicate(
    node: Person,
    version: string,
    more: Partial<Predicate<'output.receipt'>> = {},
  ): Predicate<'output.receipt'> {
    const stream = this.#sequence.get(node.keyId) ?? { next: 0 };
    const decision = this.timeline.registry.channels.get(channel)?.decisions.at(-1)?.id ?? '0'.repeat(64);
    return {
      request: { id: `r${this.size}`, client: agent.keyId, hash: mac },
      attempt: 0,
      model,
      target: { channel, decision },
      version,
      input: mac,
      output: mac,
      stream: STREAM,
      sequence: String(stream.next),
      ...(stream.last === undefined ? {} : { previous: stream.last }),
      accepted: this.#lastWitnessed.time * 1_000 + 100,
      finished: this.#lastWitnessed.time * 1_000 + 110,
      notBefore: { origin: this.origin, size: String(this.#lastWitnessed.size), root: '0'.repeat(64) },
      finish: 'stop',
      usage: { inputBytes: '1', outputBytes: '1', computeMicros: '1' },
      parameters: {},
      runtime: { name: 'ort', version: '1', platform: 'test', provider: 'cpu', threads: 1 },
      verification: 'signed',
      ...more,
    };
  }

  evidence(by: Person, output: string, version: string, difference = '0'): string {
    return this.add(by, 'evidence', {
      output,
      version,
      reexecution: {
        runtime: { name: 'ort', version: '1', platform: 'test', provider: 'cpu', threads: 1 },
        difference,
        tolerance: '0.001',
      },
    });
  }

  lease(node: Person, version: string): string {
    return this.add(node, 'serve.lease', { version, expires: 9_999, nonce: this.nonce(), stream: STREAM });
  }

  drain(node: Person, version: string): string {
    const lease = this.timeline.registry.leases.of(node.keyId, version)?.id ?? '0'.repeat(64);
    return this.add(node, 'serve.drain', { version, lease, stream: STREAM });
  }

  act(uses: string[], by: Person = agent, more: Partial<Predicate<'act'>> = {}): string {
    return this.add(by, 'act', {
      type: 'decision',
      reversibility: 'retractable',
      uses,
      content: mac,
      ...more,
    });
  }
}

/** A log with everyone joined and v1 announced on the channel: what most tests begin with. */
export function begun(): { log: LogBuilder; v1: string; v2: string } {
  return begin(new LogBuilder());
}

/** Everyone joins `log`, and v1 is announced. */
export function begin<L extends LogBuilder>(log: L): { log: L; v1: string; v2: string } {
  log.join(operator, ['log']);
  log.join(owner, ['owner']);
  log.join(nodeA, ['node']);
  log.join(nodeB, ['node']);
  log.join(agent, ['agent']);
  log.join(verifier, ['verifier']);
  log.add(owner, 'model.create', { model });
  const v1 = log.publish('v1', 'a');
  const v2 = log.publish('v2', 'b');
  log.decide({ [v1]: 10_000 });
  log.witness(100);
  return { log, v1, v2 };
}
