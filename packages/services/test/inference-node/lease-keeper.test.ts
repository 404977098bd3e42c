import { ed25519Signer, readEntry } from '@assay/core';
import { beforeEach, describe, expect, it } from 'vitest';
import { LeaseKeeper } from '../../src/inference-node/lease-keeper.ts';
import type { Item } from '../../src/outbox/index.ts';

const A = `sha256:${'a'.repeat(64)}`;
const B = `sha256:${'b'.repeat(64)}`;
const stream = 'cd'.repeat(16);

let seconds = 1_000;
let said: { kind: string; version: string; id: string; lease?: string; expires?: number }[] = [];
let missing = new Set<string>();
let lapsed = new Set<string>();
let withdrawn = new Set<string>();
let leases: LeaseKeeper;

beforeEach(() => {
  seconds = 1_000;
  said = [];
  missing = new Set();
  lapsed = new Set();
  withdrawn = new Set();
  let fresh = 0;
  leases = new LeaseKeeper({
    signer: ed25519Signer(new Uint8Array(32).fill(1)),
    clock: { now: () => seconds * 1_000 },
    entropy: { bytes: (length) => new Uint8Array(length).fill(++fresh) },
    leaseSeconds: 100,
    idleSeconds: 30,
    head: () => ({ stream }),
    put: async ({ entry }: Item) => {
      const { kind, id, predicate } = readEntry(entry as Uint8Array);
      said.push({ kind, id, ...(predicate as { version: string; lease?: string; expires?: number }) });
    },
    prepare: async (version) => {
      if (missing.has(version)) throw new Error('no such blob');
    },
    isLapsed: (id) => lapsed.has(id),
    isWithdrawn: (version) => withdrawn.has(version),
    onDrained: () => undefined,
    onFailure: (error) => {
      throw error;
    },
  });
});

const kinds = (): string[] => said.map(({ kind, version }) => `${kind} ${version === A ? 'A' : 'B'}`);

describe('PROTOCOL 5.2: leases', () => {
  it('what is announced is leased once, and renewed when half spent', async () => {
    await leases.tend(new Set([A]));
    await leases.tend(new Set([A]));
    expect(said).toMatchObject([{ kind: 'serve.lease', version: A, expires: 1_100 }]);
    seconds += 51;
    await leases.tend(new Set([A]));
    expect(said.at(-1)).toMatchObject({ kind: 'serve.lease', expires: 1_151 });
  });

  it('what is announced no more is drained by the id of the lease that opened it', async () => {
    await leases.tend(new Set([A]));
    seconds += 60;
    await leases.tend(new Set([A]));
    await leases.tend(new Set([B]));
    expect(kinds()).toEqual(['serve.lease A', 'serve.lease A', 'serve.lease B', 'serve.drain A']);
    expect(said.at(-1)?.lease).toBe(said[0]?.id);
  });

  it('a drain waits for the last request in flight, and comes when that is finished', async () => {
    await leases.tend(new Set([A]));
    const one = await leases.hold(A);
    const two = await leases.hold(A);
    await leases.tend(new Set());
    one[Symbol.dispose]();
    await new Promise(setImmediate);
    expect(kinds()).toEqual(['serve.lease A']);
    two[Symbol.dispose]();
    await new Promise(setImmediate);
    expect(kinds()).toEqual(['serve.lease A', 'serve.drain A']);
  });

  it('a pin leases on demand, before its request goes on, and is drained after being idle', async () => {
    const held = await leases.hold(B);
    expect(kinds()).toEqual(['serve.lease B']);
    held[Symbol.dispose]();
    seconds += 30;
    await leases.tend(new Set());
    expect(kinds()).toEqual(['serve.lease B']);
    seconds += 1;
    await leases.tend(new Set());
    expect(kinds()).toEqual(['serve.lease B', 'serve.drain B']);
  });

  it('ten requests at once for a new version are one lease', async () => {
    const held = await Promise.all(Array.from({ length: 10 }, () => leases.hold(A)));
    expect(kinds()).toEqual(['serve.lease A']);
    expect(leases.state[0]?.inFlight).toBe(10);
    for (const each of held) each[Symbol.dispose]();
  });

  it('a version that cannot be loaded is not leased, says why, and is tried again', async () => {
    missing.add(A);
    const failures = await leases.tend(new Set([A, B]));
    expect([...failures.keys()]).toEqual([A]);
    expect(kinds()).toEqual(['serve.lease B']);
    await expect(leases.hold(A)).rejects.toThrow('no such blob');
    missing.delete(A);
    await leases.tend(new Set([A, B]));
    expect(kinds()).toEqual(['serve.lease B', 'serve.lease A']);
  });

  it('a lease that ran out is renewed before the next answer', async () => {
    const held = await leases.hold(A);
    held[Symbol.dispose]();
    seconds += 101;
    const again = await leases.hold(A);
    expect(said.at(-1)).toMatchObject({ kind: 'serve.lease', expires: 1_201 });
    again[Symbol.dispose]();
  });

  it('a lease that its owner lapsed covers nothing: another is opened', async () => {
    await leases.tend(new Set([A]));
    lapsed.add(said[0]?.id as string);
    await leases.tend(new Set([A]));
    expect(kinds()).toEqual(['serve.lease A', 'serve.lease A']);
    expect(said[1]?.id).not.toBe(said[0]?.id);
  });

  it('an open lease of the process before is taken over, and drained when nothing announces it', async () => {
    leases.adopt({ id: 'e'.repeat(64), version: A, expires: 1_050 });
    await leases.tend(new Set());
    expect(said).toMatchObject([{ kind: 'serve.drain', version: A, lease: 'e'.repeat(64) }]);
  });

  it('a withdrawn version is drained at once, pinned or not', async () => {
    (await leases.hold(A))[Symbol.dispose]();
    withdrawn.add(A);
    await leases.tend(new Set());
    expect(kinds()).toEqual(['serve.lease A', 'serve.drain A']);
  });
});
