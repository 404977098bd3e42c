import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ed25519Signer, fromUtf8 } from '@assay/core';
import { addressOfPaymentKey, assayDomain, checkpointDigest, recoverSigner } from '@assay/core/money';
import { createIdentity } from '@assay/core/node';
import {
  CompactRange,
  consistencyProof,
  ed25519NoteSigner,
  formatVkey,
  leafHash,
  noteVerifier,
  openWitnessedCheckpoint,
  parsePolicy,
  signCheckpoint,
} from '@assay/log';
import {
  collectCosignatures,
  fetchWitnessCheckpoint,
  formatAddCheckpoint,
  originHash,
  submitCheckpoint,
  type WitnessTarget,
} from '@assay/log/node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const ORIGIN = 'log.example/processes';
const logKey = ed25519NoteSigner(ORIGIN, ed25519Signer(new Uint8Array(32).fill(1)));
const nodes = new Map<string, Uint8Array>();
const roots = [new CompactRange().root()];
const range = new CompactRange();
for (let i = 0; i < 300; i++) {
  range.append(leafHash(Uint8Array.of(i & 0xff, i >> 8)), (level, index, hash) =>
    nodes.set(`${level}/${index}`, hash),
  );
  roots.push(range.root());
}
const node = (level: number, index: number): Uint8Array => nodes.get(`${level}/${index}`) as Uint8Array;

const checkpointOf = (size: number): Uint8Array =>
  signCheckpoint({ origin: ORIGIN, size, root: roots[size] as Uint8Array }, [logKey], 0);
const submission = (size: number, sizeHint = 0) => ({
  checkpoint: checkpointOf(size),
  sizeHint,
  proofFrom: (oldSize: number) => consistencyProof(oldSize, size, node),
});
const soon = (): AbortSignal => AbortSignal.timeout(10_000);

interface Running {
  readonly child: ChildProcess;
  readonly target: WitnessTarget;
  readonly vkey: string;
}

let directory = '';
const children: ChildProcess[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'assay-witness-process-'));
});
afterEach(async () => {
  await Promise.all(children.splice(0).map((child) => kill(child)));
  rmSync(directory, { recursive: true, force: true });
});

function configure(name: string, change: Record<string, unknown> = {}): string {
  const path = join(directory, `${name}.json`);
  const logs = [{ vkey: formatVkey(logKey.key) }];
  const files = { seedFile: join(directory, `${name}.seed`), database: join(directory, `${name}.db`) };
  writeFileSync(
    path,
    JSON.stringify({ listen: '127.0.0.1:0', name: `witness.example/${name}`, ...files, logs, ...change }),
  );
  return path;
}

function launch(config: string): ChildProcess {
  const child = spawn(process.execPath, ['packages/services/src/witness/main.ts', config], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  return child;
}

async function start(config: string): Promise<Running> {
  const child = launch(config);
  const gone = once(child, 'exit').then(([code]) =>
    Promise.reject(new Error(`${config} ended with ${code}`)),
  );
  const [line] = (await Promise.race([once(child.stdout as NodeJS.ReadableStream, 'data'), gone])) as [
    Buffer,
  ];
  gone.catch(() => undefined);
  const { listening, vkey } = JSON.parse(line.toString()) as { listening: string; vkey: string };
  return { child, vkey, target: { name: config, verifier: noteVerifier(vkey), url: listening } };
}

async function kill(child: ChildProcess, signal: NodeJS.Signals = 'SIGKILL'): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  child.kill(signal);
  await once(child, 'exit');
  return child.exitCode;
}

describe('a witness as a process', () => {
  it('makes its seed with mode 0600, cosigns, and remembers over kill -9 and over SIGTERM', async () => {
    const config = configure('a');
    const first = await start(config);
    expect(statSync(join(directory, 'a.seed')).mode & 0o777).toBe(0o600);
    await submitCheckpoint(first.target, submission(7), soon());
    await kill(first.child);
    const second = await start(config);
    expect(second.vkey).toBe(first.vkey);
    const behind = formatAddCheckpoint({ oldSize: 0, proof: [], checkpoint: checkpointOf(9) });
    const reply = await fetch(`${second.target.url}/add-checkpoint`, {
      method: 'POST',
      body: Buffer.from(behind),
    });
    expect([reply.status, reply.headers.get('content-type'), await reply.text()]).toEqual([
      409,
      'text/x.tlog.size',
      '7\n',
    ]);
    await submitCheckpoint(second.target, submission(9), soon());
    expect(await kill(second.child, 'SIGTERM')).toBe(0);
    const third = await start(config);
    const note = await fetchWitnessCheckpoint(third.target, ORIGIN, soon());
    expect(fromUtf8(note as Uint8Array).split('\n')[1]).toBe('9');
  });

  it('PROTOCOL 7.3: signs for a contract what bears its own cosignature, for vaults it knows, and nothing else', async () => {
    const path = join(directory, 'payment.json');
    const identity = createIdentity(path, { bytes: (n) => new Uint8Array(n).fill(3) });
    const vault = `0x${'ab'.repeat(20)}` as const;
    const anchor = { identity: path, targets: [{ chainId: 31_337, vault }] };
    const { target } = await start(configure('a', { anchor }));
    const ask = async (note: Uint8Array, query = `chain=31337&vault=${vault}`) => {
      const url = `${target.url}/assay/v1/anchor-signature?${query}`;
      return fetch(url, { method: 'POST', body: Buffer.from(note) });
    };
    await submitCheckpoint(target, submission(7), soon());
    const cosigned = (await fetchWitnessCheckpoint(target, ORIGIN, soon())) as Uint8Array;
    await submitCheckpoint(target, submission(9), soon());
    // Of an age at which its memory holds a later one: its own cosignature is what counts.
    const answer = await ask(cosigned);
    expect(answer.status).toBe(200);
    const { signer, size, root, signature } = (await answer.json()) as Record<string, string>;
    const digest = checkpointDigest(assayDomain(31_337, vault), { origin: ORIGIN, size: size!, root: root! });
    expect([signer, size]).toEqual([addressOfPaymentKey(identity.paymentKey), '7']);
    expect(recoverSigner(digest, signature!)).toBe(signer);
    expect((await ask(checkpointOf(9))).status).toBe(403);
    expect((await ask(cosigned, `chain=8453&vault=${vault}`)).status).toBe(403);
    expect((await ask(cosigned, `chain=31337&vault=0x${'cd'.repeat(20)}`)).status).toBe(403);
    expect((await ask(Uint8Array.of(1, 2, 3))).status).toBe(400);
    const { target: silent } = await start(configure('b'));
    const none = await fetch(`${silent.url}/assay/v1/anchor-signature`, { method: 'POST', body: 'x' });
    expect(none.status).toBe(404);
  });

  it('trap 5: refuses to start when its database is lost, for it would cosign a fork', async () => {
    const config = configure('a');
    const { child, target } = await start(config);
    await submitCheckpoint(target, submission(7), soon());
    await kill(child);
    for (const suffix of ['', '-wal', '-shm']) {
      if (statSync(join(directory, `a.db${suffix}`), { throwIfNoEntry: false }))
        unlinkSync(join(directory, `a.db${suffix}`));
    }
    const again = launch(config);
    const [[said], [code]] = await Promise.all([
      once(again.stderr as NodeJS.ReadableStream, 'data'),
      once(again, 'exit'),
    ]);
    expect(code).toBe(2);
    expect(String(said)).toContain('WitnessError[lost-database]');
  });

  it.each([
    ['a vkey that is none', { logs: [{ vkey: 'x' }] }, 'malformed-key'],
    ['no log at all', { logs: [] }, 'schema'],
    ['a word too much', { quorum: 3 }, 'schema'],
  ])('says what is wrong with a configuration: %s', async (_, change, code) => {
    const child = launch(configure('a', change));
    const [[said], [exit]] = await Promise.all([
      once(child.stderr as NodeJS.ReadableStream, 'data'),
      once(child, 'exit'),
    ]);
    expect(exit).toBe(2);
    expect(String(said)).toContain(`[${code}]`);
  });

  it('two processes racing over one memory: of N and N+K exactly one is cosigned, and no size is ever taken back', async () => {
    const config = configure('a');
    const [one, two] = [await start(config), await start(config)];
    const post = async (url: string, oldSize: number, size: number): Promise<number> => {
      const body = formatAddCheckpoint({
        oldSize,
        proof: consistencyProof(oldSize, size, node),
        checkpoint: checkpointOf(size),
      });
      return (await fetch(`${url}/add-checkpoint`, { method: 'POST', body: Buffer.from(body) })).status;
    };
    let size = 0;
    for (let round = 0; round < 25; round++) {
      const asked = [size + 1, size + 7, size + 3, size + 5];
      const statuses = await Promise.all(
        asked.map((next, i) => post((i % 2 === 0 ? one : two).target.url, size, next)),
      );
      expect(statuses.toSorted()).toEqual([200, 409, 409, 409]);
      size = asked[statuses.indexOf(200)] as number;
      const held = await fetchWitnessCheckpoint(one.target, ORIGIN, soon());
      expect(fromUtf8(held as Uint8Array).split('\n')[1]).toBe(String(size));
    }
  });

  it('a client that goes away before the answer loses nothing: the same size may be asked for again', async () => {
    const { target } = await start(configure('a'));
    const body = formatAddCheckpoint({ oldSize: 0, proof: [], checkpoint: checkpointOf(7) });
    const socket = connect(Number(new URL(target.url).port), '127.0.0.1');
    socket.write(`POST /add-checkpoint HTTP/1.1\r\nHost: w\r\nContent-Length: ${body.length}\r\n\r\n`);
    socket.write(body, () => socket.destroy());
    await once(socket, 'close');
    expect(await submitCheckpoint(target, submission(7), soon())).toHaveLength(1);
  });

  it('answers what it does not know with 404, and what is too large with 413, and lives on', async () => {
    const { target } = await start(configure('a'));
    const get = async (path: string): Promise<number> => (await fetch(`${target.url}/${path}`)).status;
    expect(await get(`${originHash(ORIGIN)}/checkpoint`)).toBe(404);
    expect(await get(`${originHash(ORIGIN).toUpperCase()}/checkpoint`)).toBe(404);
    expect(await get('nothing')).toBe(404);
    const large = await fetch(`${target.url}/add-checkpoint`, {
      method: 'POST',
      body: Buffer.alloc(300_000, 0x0a),
    });
    expect(large.status).toBe(413);
    expect(await submitCheckpoint(target, submission(7), soon())).toHaveLength(1);
  });

  it('PROTOCOL 4.1: three of four processes make a quorum, one of them stopped', async () => {
    const running = [];
    for (const name of ['a', 'b', 'c', 'd']) running.push(await start(configure(name)));
    const lines = running.map(({ vkey, target }, i) => `witness w${i} ${vkey} ${target.url}`);
    const policy = parsePolicy(
      [`log ${formatVkey(logKey.key)}`, ...lines, 'group q 3 w0 w1 w2 w3', 'quorum q', ''].join('\n'),
    );
    const hints = new Map<string, number>();
    const collect = (size: number) =>
      collectCosignatures(policy, { ...submission(size), hints, timeoutMs: 5_000 });
    const first = await collect(7);
    expect(openWitnessedCheckpoint(first.note, policy).checkpoint.size).toBe(7);
    await kill(running[3]?.child as ChildProcess);
    expect(await collect(250)).toMatchObject({ met: true });
    await kill(running[2]?.child as ChildProcess);
    const third = await collect(300);
    expect(third.met).toBe(false);
    expect(third.failures.map(({ witness }) => witness).toSorted()).toEqual(['w2', 'w3']);
  });
});
