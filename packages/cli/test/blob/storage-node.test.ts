/** `assay storage-node`: a key to describe a network with, then a node over a folder, then one over a bucket. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../support/run-cli.ts';

const BIN = fileURLToPath(new URL('../../bin/assay.js', import.meta.url));
const directory = mkdtempSync(join(tmpdir(), 'assay-storage-node-'));
const file = (name: string): string => join(directory, name);
const network = file('storage.json');

interface Server {
  run(): Promise<{ port: number }>;
  close(): Promise<void>;
}
type Rver = new (options: object) => Server;

let bucket: Server;
let endpoint = '';
const keys: string[] = [];

beforeAll(async () => {
  const S3rver = createRequire(import.meta.url)('s3rver') as Rver;
  const options = { port: 0, address: '127.0.0.1', silent: true, directory: file('s3'), vhostBuckets: false };
  bucket = new S3rver({ ...options, configureBuckets: [{ name: 'shards' }] });
  endpoint = `http://127.0.0.1:${(await bucket.run()).port}`;
});

afterAll(async () => {
  await bucket?.close();
  rmSync(directory, { recursive: true, force: true });
});

/** Starts a node on a free port; its first line, its status, and its end by Ctrl-C. */
async function running(...args: string[]): Promise<{ line: string; status: unknown; code: unknown }> {
  const command = [BIN, 'storage-node', '--network', network, '--listen', '127.0.0.1:0', ...args];
  const child: ChildProcess = spawn(process.execPath, command, { stdio: ['ignore', 'pipe', 'inherit'] });
  const gone = once(child, 'exit');
  const [line] = (await once(createInterface({ input: child.stdout as NodeJS.ReadableStream }), 'line')) as [
    string,
  ];
  const url = /listens at (\S+);/.exec(line)?.[1];
  const status: unknown = await (await fetch(`${url}/v1/status`)).json();
  child.kill('SIGTERM');
  const [code] = (await gone) as [unknown];
  return { line, status, code };
}

describe('assay storage-node', () => {
  it('without a network it makes a key, once, and says what to do with it', async () => {
    for (const name of ['one', 'two']) {
      const { code, json } = await runCli(['storage-node', '--dir', file(name), '--json']);
      expect(code).toBe(0);
      keys.push((json() as { node: string }).node);
    }
    const again = await runCli(['storage-node', '--dir', file('one')]);
    expect(again.out).toContain(`${keys[0]} is this node's key`);
    expect(again.out).toContain('--network FILE');
    const committee = {
      networkId: '7'.repeat(64),
      epoch: 1,
      profile: { n: 2, k: 1, f: 0, q: 1 },
      members: keys,
    };
    writeFileSync(network, JSON.stringify({ committee, nodes: [] }));
  }, 60_000);

  it('over a folder its receipts say that an fdatasync returned', async () => {
    const { line, status, code } = await running('--dir', file('one'));
    expect(line).toContain(`${keys[0]} listens at http://127.0.0.1:`);
    expect(line).toContain('durability 1');
    expect(status).toMatchObject({ node: keys[0], durability: 1 });
    expect(code).toBe(0);
  }, 60_000);

  it('over a bucket they say that a provider attests it', async () => {
    const credentials = file('aws.json');
    writeFileSync(credentials, JSON.stringify({ accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' }));
    const place = ['--s3', endpoint, '--bucket', 'shards', '--credentials', credentials];
    const { line, status, code } = await running('--dir', file('two'), ...place);
    expect(line).toContain(`durability 2): bucket shards at ${endpoint}`);
    expect(status).toMatchObject({ node: keys[1], durability: 2 });
    expect(code).toBe(0);
    expect(JSON.parse(readFileSync(join(file('two'), 'node.json'), 'utf8'))).not.toHaveProperty('data');
  }, 60_000);

  it('refuses half a bucket, and an address that others can reach while everybody may store', async () => {
    const half = await runCli(['storage-node', '--dir', file('half'), '--s3', endpoint]);
    expect([half.code, half.err]).toEqual([2, expect.stringContaining('--s3 and --bucket belong together')]);
    const open = ['storage-node', '--dir', file('open'), '--network', network, '--listen', '0.0.0.0:0'];
    expect((await runCli(open)).code).toBe(2);
  }, 60_000);
});
