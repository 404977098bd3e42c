import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  ed25519Signer,
  findWork,
  keyIdOf,
  mldsa44Signer,
  paymentKeyId,
  type Signer,
  signPaymentKey,
  signStatement,
  unixSeconds,
  systemClock,
} from '@assay/core';
import {
  ed25519NoteSigner,
  formatVkey,
  mldsa44Cosigner,
  parsePolicy,
  parseTlogProof,
  type Policy,
} from '@assay/log';
import { fetchWitnessCheckpoint, openWitnessSeed, witnessTargets } from '@assay/log/node';
import { auditLog, type LogReader, verifyLoggedEntry } from '@assay/verify';
import { JOIN_WORK_BITS } from '@assay/views';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LogClient } from '../../src/log-client/index.ts';

const ORIGIN = 'log.example/processes-audited';
const directory = mkdtempSync(join(tmpdir(), 'assay-audited-'));
const children: ChildProcess[] = [];
let policy: Policy;
let log: LogClient;

function write(name: string, value: unknown): string {
  const path = join(directory, name);
  writeFileSync(path, typeof value === 'string' ? value : JSON.stringify(value));
  return path;
}

async function start(main: string, config: string): Promise<{ listening: string; vkey: string }> {
  const child = spawn(process.execPath, [main, config], { stdio: ['ignore', 'pipe', 'ignore'] });
  children.push(child);
  const gone = once(child, 'exit').then(([code]) =>
    Promise.reject(new Error(`${config} ended with ${code}`)),
  );
  const [line] = (await Promise.race([once(child.stdout as NodeJS.ReadableStream, 'data'), gone])) as [
    Buffer,
  ];
  gone.catch(() => undefined);
  return JSON.parse(line.toString()) as { listening: string; vkey: string };
}

/** A log server and its four witnesses, each a process of its own. */
beforeAll(async () => {
  const seed = openWitnessSeed(join(directory, 'log.seed'), { bytes: (n) => new Uint8Array(n).fill(77) });
  const logKeys = [
    ed25519NoteSigner(ORIGIN, ed25519Signer(seed)),
    mldsa44Cosigner(ORIGIN, mldsa44Signer(seed)),
  ].map(({ key }) => formatVkey(key));
  const logs = logKeys.map((vkey) => ({ vkey }));
  const lines = [1, 2, 3, 4].map(async (n) => {
    const name = `witness.example/w${n}`;
    const files = { seedFile: join(directory, `w${n}.seed`), database: join(directory, `w${n}.db`) };
    const config = write(`w${n}.json`, { listen: '127.0.0.1:0', name, ...files, logs });
    const { listening, vkey } = await start('packages/services/src/witness/main.ts', config);
    return `witness w${n} ${vkey} ${listening}`;
  });
  const text = [
    ...logKeys.map((vkey) => `log ${vkey}`),
    ...(await Promise.all(lines)),
    'group g 3 w1 w2 w3 w4',
    'quorum g',
    '',
  ].join('\n');
  policy = parsePolicy(text);
  const config = write('log.json', {
    listen: '127.0.0.1:0',
    origin: ORIGIN,
    directory: join(directory, 'log'),
    seedFile: join(directory, 'log.seed'),
    operatorKeyFile: join(directory, 'operator.json'),
    policyFile: write('policy', text),
    checkpointInterval: 50,
  });
  log = new LogClient((await start('packages/services/src/log-server/main.ts', config)).listening);
}, 60_000);

afterAll(async () => {
  for (const child of children) {
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  }
  rmSync(directory, { recursive: true, force: true });
});

/** The log over HTTP; what it answers is not believed. */
const overHttp = (url: string): LogReader => ({
  read: async (path) => {
    const answer = await fetch(`${url}/${path}`);
    if (answer.status === 404) return undefined;
    return new Uint8Array(await answer.arrayBuffer());
  },
});

const trust = () => ({ policy, judgedAt: unixSeconds(systemClock) });

async function knownByWitnesses() {
  const asked = witnessTargets(policy.witnesses).map(async (target) => {
    const note = await fetchWitnessCheckpoint(target, ORIGIN, AbortSignal.timeout(5_000));
    return note === undefined ? [] : [{ from: target.name, note }];
  });
  return (await Promise.all(asked)).flat();
}

function joined(signer: Signer): Uint8Array {
  const keyId = keyIdOf(signer.publicKey);
  const secret = new Uint8Array(32).fill(5);
  const work = String(findWork(signer.publicKey, JOIN_WORK_BITS));
  const payment = { paymentKey: paymentKeyId(secret), paymentKeySignature: signPaymentKey(secret, keyId) };
  return signStatement(
    'participant.join',
    { roles: ['owner'], name: 'owner', endpoints: [], ...payment, work },
    signer,
  );
}

/** By the name before the signature: base64 holds any two characters now and then. */
const isByWitness = (line: string): boolean => line.startsWith('— ') && /\/w/.test(line.split(' ')[1] ?? '');

/** A server that passes `path`s on, changed by `bend`. */
async function bent(
  bend: (path: string, bytes: Uint8Array) => Uint8Array,
): Promise<{ url: string; server: Server }> {
  const server = createServer(async (asked, answer) => {
    const path = (asked.url ?? '/').slice(1);
    const bytes = await overHttp(log.url).read(path);
    if (bytes === undefined) answer.writeHead(404).end();
    else answer.end(bend(path, bytes));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}

describe('a log server with four witness processes, audited over HTTP by a stranger with their keys', () => {
  it('is clean; an entry is proved offline; altered copies are refused', async () => {
    const owner = ed25519Signer(new Uint8Array(32).fill(3));
    const entry = joined(owner);
    await log.append(entry, 'witnessed');
    const models = Array.from({ length: 400 }, (_, i) =>
      signStatement('model.create', { model: `${keyIdOf(owner.publicKey)}/m${i}` }, owner),
    );
    await log.appendBatch(models.slice(0, 200));
    const appended = await log.appendBatch(models.slice(200));
    const { index } = appended.at(-1) as { index: number };
    const proof = parseTlogProof(await log.proof(index, 'witnessed'));
    expect(verifyLoggedEntry(models.at(-1) as Uint8Array, proof, trust())).toMatchObject({
      index,
      statement: { kind: 'model.create' },
    });

    const report = await auditLog(overHttp(log.url), trust(), { known: await knownByWitnesses() });
    expect(report.findings.map(String)).toEqual([]);
    expect(report.verified.entries).toBeGreaterThan(400);
    expect(report.verified.checkpoints).toBeGreaterThan(0);
    expect(report.head?.cosigned.length).toBeGreaterThanOrEqual(3);

    const lines = new TextDecoder().decode(await log.checkpoint()).split('\n');
    const alterations: [string, (path: string, bytes: Uint8Array) => Uint8Array][] = [
      [
        'tile-mismatch',
        (path, bytes) => (path.startsWith('tile/0/000') ? bytes.with(9, 1 ^ (bytes[9] as number)) : bytes),
      ],
      [
        'entry-byte-flipped',
        (path, bytes) =>
          path.startsWith('tile/entries/000') ? bytes.with(60, 1 ^ (bytes[60] as number)) : bytes,
      ],
      [
        'log-signature',
        (path, bytes) =>
          path === 'checkpoint'
            ? new TextEncoder().encode(new TextDecoder().decode(bytes).replace(ORIGIN, 'log.example/other'))
            : bytes,
      ],
      [
        'cosignature-missing',
        (path, bytes) =>
          path === 'checkpoint'
            ? new TextEncoder().encode(lines.filter((line) => !isByWitness(line)).join('\n'))
            : bytes,
      ],
    ];
    for (const [code, bend] of alterations) {
      const copy = await bent(bend);
      const altered = await auditLog(overHttp(copy.url), trust());
      expect(altered.findings[0]?.code).toBe(code);
      copy.server.closeAllConnections();
      copy.server.close();
    }
  });
});
