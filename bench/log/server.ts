/** A log server, and witnesses if asked for, as processes of their own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { base64, ed25519Signer } from '@assay/core';
import { ed25519NoteSigner, formatVkey } from '@assay/log';

const services = new URL('../../packages/services/src/', import.meta.url);
const ORIGIN = 'log.example/bench';
const SEED = new Uint8Array(32).fill(1);

export interface BenchServer {
  readonly url: string;
  readonly pid: number;
  /** Directory of the log. */
  readonly directory: string;
  /** Ends the processes. */
  stop(): Promise<void>;
  /** Removes what they left. */
  remove(): void;
}

interface Started {
  readonly child: ChildProcess;
  readonly hello: { readonly listening: string; readonly vkey: string };
}

/** Starts an opaque log; with `witnesses` > 0, three quarters of them are its quorum. */
export async function startServer(witnesses = 0): Promise<BenchServer> {
  const root = mkdtempSync(join(tmpdir(), 'assay-bench-'));
  const vkey = formatVkey(ed25519NoteSigner(ORIGIN, ed25519Signer(SEED)).key);
  const others: Started[] = [];
  for (let i = 1; i <= witnesses; i++) others.push(await startWitness(root, `w${i}`, vkey));
  writeFileSync(join(root, 'seed'), `${base64(SEED)}\n`, { mode: 0o600 });
  const policyFile = join(root, 'policy');
  writeFileSync(policyFile, policyText(vkey, others));
  const config = {
    listen: '127.0.0.1:0',
    origin: ORIGIN,
    directory: join(root, 'log'),
    seedFile: join(root, 'seed'),
    admission: 'opaque',
    ...(witnesses === 0 ? {} : { policyFile }),
  };
  const { child, hello } = await start('log-server/main.ts', join(root, 'log.json'), config);
  const stop = async (): Promise<void> => {
    await Promise.all([child, ...others.map((other) => other.child)].map(end));
  };
  const remove = (): void => rmSync(root, { recursive: true, force: true });
  return { url: hello.listening, pid: child.pid ?? 0, directory: config.directory, stop, remove };
}

function startWitness(root: string, name: string, vkey: string): Promise<Started> {
  return start('witness/main.ts', join(root, `${name}.json`), {
    listen: '127.0.0.1:0',
    name: `${name}.example`,
    seedFile: join(root, `${name}.seed`),
    database: join(root, `${name}.db`),
    logs: [{ vkey }],
  });
}

function policyText(vkey: string, witnesses: readonly Started[]): string {
  const names = witnesses.map((_, i) => `w${i + 1}`);
  const lines = witnesses.map(({ hello }, i) => `witness ${names[i]} ${hello.vkey} ${hello.listening}`);
  const quorum = Math.ceil((witnesses.length * 3) / 4);
  return [`log ${vkey}`, ...lines, `group q ${quorum} ${names.join(' ')}`, 'quorum q', ''].join('\n');
}

async function start(script: string, configPath: string, config: object): Promise<Started> {
  writeFileSync(configPath, JSON.stringify(config));
  const child = spawn(process.execPath, [new URL(script, services).pathname, configPath], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const line = await new Promise<string>((resolve, reject) => {
    child.stdout.once('data', (data: Buffer) => resolve(String(data)));
    child.once('exit', (code) => reject(new Error(`${script} ended with ${code} before it listened`)));
  });
  return { child, hello: JSON.parse(line) as Started['hello'] };
}

async function end(child: ChildProcess): Promise<unknown> {
  if (child.exitCode !== null || child.signalCode !== null) return undefined;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  return ended;
}
