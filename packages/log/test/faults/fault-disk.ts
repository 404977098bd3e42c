/**
 * A disk in memory that counts every change asked of it, and fails or dies at a chosen one.
 *
 * It keeps two states: what processes see, and what a power cut would leave. It promises exactly what the port's
 * contract promises and nothing more, so that a test which passes here relies on no kindness of a real file system.
 */
import type { AppendFile, CheckpointRow, LogFiles, RowState } from '@assay/log/node';

/** How the chosen step goes wrong. `fail` answers with an error and lives on; `stop` ends everything there and then. */
export type FaultKind = 'fail-before' | 'fail-after' | 'stop-before' | 'stop-after' | 'stop-midway';
export const FAULT_KINDS: readonly FaultKind[] = [
  'fail-before',
  'fail-after',
  'stop-before',
  'stop-after',
  'stop-midway',
];

/** What is left: all (the process died), only what was synced (the power went), or that and scraps of the rest. */
export type Aftermath = 'process' | 'power' | 'scraps';
export const AFTERMATHS: readonly Aftermath[] = ['process', 'power', 'scraps'];

/** The fault to come. */
export interface Fault {
  /** Counted from 1. */
  readonly step: number;
  readonly kind: FaultKind;
}

/** The error of an operation that was chosen to fail, or that came after the end. */
export class InjectedFault extends Error {}

interface Content {
  readonly bytes: Uint8Array;
  /** The bytes that are durable; undefined when not even the name is. */
  readonly durable: Uint8Array | undefined;
}

/** Files and row of one log. */
export class FaultDisk implements LogFiles {
  readonly #content: Map<string, Content>;
  readonly #fault: Fault | undefined;
  readonly trace: string[] = [];
  rowState: RowState | undefined;
  #isOver = false;

  constructor(fault?: Fault, content: ReadonlyMap<string, Content> = new Map(), row?: RowState) {
    this.#fault = fault;
    this.#content = new Map(content);
    this.rowState = row;
  }

  /** Steps taken so far. */
  get steps(): number {
    return this.trace.length;
  }

  /** The disk that the next process finds. */
  after(aftermath: Aftermath, fault?: Fault): FaultDisk {
    const content = new Map<string, Content>();
    for (const [path, file] of this.#content) {
      const bytes = aftermath === 'process' ? file.bytes : survivors(file, aftermath);
      const durable = aftermath === 'process' ? file.durable : bytes;
      if (bytes !== undefined) content.set(path, { bytes, durable });
    }
    return new FaultDisk(fault, content, this.rowState);
  }

  /** Flips one bit of a file, durably. */
  flip(path: string, bit: number): void {
    const file = this.#content.get(path);
    if (file === undefined) throw new Error(`no file ${path} to damage`);
    const bytes = Uint8Array.from(file.bytes);
    bytes[bit >> 3] = (bytes[bit >> 3] as number) ^ (1 << (bit & 7));
    this.#content.set(path, { bytes, durable: bytes });
  }

  /** Every path, sorted. */
  get paths(): readonly string[] {
    return [...this.#content.keys()].toSorted();
  }

  async read(path: string): Promise<Uint8Array | undefined> {
    this.#mustLive();
    return this.#content.get(path)?.bytes;
  }

  async list(directory: string): Promise<readonly string[]> {
    this.#mustLive();
    const names = new Set<string>();
    for (const path of this.#content.keys()) {
      if (!path.startsWith(`${directory}/`)) continue;
      const rest = path.slice(directory.length + 1);
      const slash = rest.indexOf('/');
      names.add(slash < 0 ? rest : rest.slice(0, slash + 1));
    }
    return [...names].toSorted();
  }

  async create(path: string): Promise<AppendFile | undefined> {
    if (this.#content.has(path)) return undefined;
    await this.#step(`create ${path}`, () => this.#content.set(path, { bytes: EMPTY, durable: EMPTY }));
    return {
      append: (bytes) =>
        this.#step(
          `append ${path}`,
          () => this.#extend(path, bytes),
          () => this.#extend(path, bytes.subarray(0, bytes.length >> 1)),
        ),
      readBack: async (offset, length) => (await this.read(path))?.slice(offset, offset + length) ?? EMPTY,
      datasync: () => this.#step(`datasync ${path}`, () => this.#harden(path)),
      close: async () => this.#mustLive(),
    };
  }

  async replace(path: string, bytes: Uint8Array): Promise<void> {
    const durable = this.#content.get(path)?.durable;
    await this.#step(`replace ${path}`, () =>
      this.#content.set(path, { bytes: Uint8Array.from(bytes), durable }),
    );
  }

  async sync(paths: readonly string[]): Promise<void> {
    for (const path of paths) {
      if (!this.#content.has(path)) throw new InjectedFault(`sync of ${path}, which does not exist`);
      await this.#step(`sync ${path}`, () => this.#harden(path));
    }
  }

  async remove(paths: readonly string[]): Promise<void> {
    for (const path of paths) {
      await this.#step(`remove ${path}`, () => {
        for (const name of this.#content.keys()) {
          if (name === path || name.startsWith(`${path}/`)) this.#content.delete(name);
        }
      });
    }
  }

  /** The checkpoint row on this disk; a swap is one durable step. */
  row(): CheckpointRow {
    return {
      read: async () => this.rowState,
      swap: async (expected, next) => {
        let swapped = false;
        await this.#step('swap row', () => {
          swapped = expected?.version === this.rowState?.version && expected?.root === this.rowState?.root;
          if (swapped) this.rowState = next;
        });
        return swapped;
      },
      close: async () => undefined,
    };
  }

  async #step(name: string, act: () => void, half: () => void = () => undefined): Promise<void> {
    this.#mustLive();
    this.trace.push(name);
    const kind = this.#fault?.step === this.trace.length ? this.#fault.kind : undefined;
    if (kind === 'stop-midway') half();
    if (kind === undefined || kind === 'fail-after' || kind === 'stop-after') act();
    if (kind === undefined) {
      await Promise.resolve();
      return;
    }
    this.#isOver = kind.startsWith('stop');
    throw new InjectedFault(`${kind} at step ${this.trace.length}: ${name}`);
  }

  #mustLive(): void {
    if (this.#isOver) throw new InjectedFault('the process is over');
  }

  #extend(path: string, bytes: Uint8Array): void {
    const file = this.#content.get(path) as Content;
    const whole = new Uint8Array(file.bytes.length + bytes.length);
    whole.set(file.bytes);
    whole.set(bytes, file.bytes.length);
    this.#content.set(path, { ...file, bytes: whole });
  }

  #harden(path: string): void {
    const file = this.#content.get(path) as Content;
    this.#content.set(path, { bytes: file.bytes, durable: file.bytes });
  }
}

const EMPTY = new Uint8Array(0);

/** What a power cut leaves of one file. */
function survivors({ bytes, durable }: Content, aftermath: Aftermath): Uint8Array | undefined {
  if (aftermath === 'power' || durable === bytes) return durable;
  // A rename without a sync may leave a name and no content; an append, some of it and then garbage.
  if (durable === undefined) return bytes.length % 2 === 0 ? EMPTY : bytes.subarray(0, bytes.length >> 1);
  const kept = Uint8Array.from(bytes.subarray(0, durable.length + ((bytes.length - durable.length) >> 1)));
  if (kept.length > durable.length) kept[kept.length - 1] = (kept[kept.length - 1] as number) ^ 0xff;
  return kept;
}
