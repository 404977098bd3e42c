/** The blob commands against six storage node processes and a network with a log, over real sockets. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { openStatement, randomBytes } from '@assay/core';
import { loadIdentity } from '@assay/core/node';
import { LogClient } from '@assay/services';
import { decodeCbor, encodeCbor } from '@assay/storage';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LocalNodes } from '../../../../examples/upload/nodes.ts';
import { bringUp, type RunningNetwork } from '../../src/network/up.ts';
import { portBlock } from '../e2e/support/ports.ts';
import { type Ran, runCli } from '../support/run-cli.ts';

const BIN = fileURLToPath(new URL('../../bin/assay.js', import.meta.url));
const PACK_BYTES = 16 * 2 ** 20;
const dir = mkdtempSync(join(tmpdir(), 'assay-blob-'));
const file = (name: string): string => join(dir, name);
const content = randomBytes(3 * PACK_BYTES + 12_345);

interface Told {
  readonly type: string;
  readonly certified?: number;
}

let network: RunningNetwork;
let nodes: LocalNodes;

const shared = (): string[] => ['--dir', dir, '--storage', nodes.networkFile];
const blob = (...args: string[]): Promise<Ran> => runCli(['blob', ...args, ...shared()]);
const data = async (...args: string[]): Promise<{ code: number; data: Record<string, unknown> }> => {
  const ran = await blob(...args, '--json');
  return { code: ran.code, data: ran.json() as Record<string, unknown> };
};

beforeAll(async () => {
  const plan = { dir, port: portBlock(4), nodes: [] };
  network = await bringUp(plan, { entropy: { bytes: randomBytes }, tell: () => undefined });
  const owner = loadIdentity(network.layout.key('owner'));
  nodes = await LocalNodes.launch(join(dir, 'stores'), [owner.keyId]);
  writeFileSync(file('model.bin'), content);
}, 180_000);

afterAll(async () => {
  await nodes?.[Symbol.asyncDispose]();
  await network?.supervisor.stop();
  rmSync(dir, { recursive: true, force: true });
}, 60_000);

describe('a blob, from its first byte to its repair', () => {
  let id = '';

  it('put: killed with SIGKILL after a certified pack, run again, it goes on at the value that was shown', async () => {
    const shown = await certifiedBeforeKill(file('model.bin'));
    const { code, err, json } = await blob('put', file('model.bin'), '--json');
    expect(code, err).toBe(0);
    const told = err.split('\n').flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as Told] : []));
    const first = told.find(({ type }) => type === 'progress')?.certified;
    expect(first).toBeGreaterThanOrEqual(shown);
    const { blob: stored, logged } = json() as { blob: string; logged: { index: number } };
    id = stored;
    const [entry] = (await firstEntries(logged.index)) as [Uint8Array];
    const statement = openStatement(entry);
    expect(statement.kind).toBe('blob.certificate');
    expect(statement.predicate).toMatchObject({ blob: id, totalBytes: String(content.length) });
    expect(readdirSync(file('uploads'))).toEqual([]);
  }, 120_000);

  it('get: every byte as it was', async () => {
    const { code } = await data('get', id, '--out', file('restored'));
    expect(code).toBe(0);
    expect(readFileSync(join(dir, 'restored', 'model.bin')).equals(content)).toBe(true);
  }, 60_000);

  it('stat: what nodes signed for, and that their logs cover it', async () => {
    const { data: stat } = await data('stat', id);
    expect(stat).toMatchObject({ blob: id, packs: 4, files: [{ path: 'model.bin', size: content.length }] });
    for (const node of stat['nodes'] as { signed: number; covered: number }[])
      expect(node.covered).toBe(node.signed);
  }, 60_000);

  it('verify: clean while all show what they signed for', async () => {
    const { code, data: report } = await data('verify', id, '--leaves', '8');
    expect([code, report['failed'], report['silent']]).toEqual([0, {}, []]);
  }, 60_000);

  it('verify: a finding that names the node that lost everything; what it lost comes back by repair', async () => {
    await nodes.kill('store-4');
    nodes.wipe('store-4');
    await nodes.start('store-4');
    const broken = await data('verify', id, '--leaves', '8');
    expect(broken.code).toBe(1);
    expect(Object.keys(broken.data['failed'] as object)).toEqual(['store-4']);
    const { data: stat } = await data('stat', id);
    expect(stat['proven']).toMatchObject([{ node: 'store-4', cause: 'lost-ack', holds: true }]);
    const repaired = await data('repair', id);
    expect(repaired.data['after']).toMatchObject({ least: 6, of: 6 });
    expect(repaired.code).toBe(0);
    expect(repaired.data['logged']).toMatch(/^[0-9a-f]{64}$/);
    expect(await data('verify', id, '--leaves', '8')).toMatchObject({
      code: 0,
      data: { health: { least: 6 } },
    });
  }, 120_000);

  it('verify: cannot tell of a node that does not answer', async () => {
    await nodes.kill('store-1');
    const { code, data: report } = await data('verify', id, '--leaves', '4');
    expect([code, report['silent']]).toEqual([2, ['store-1']]);
    await nodes.start('store-1');
  }, 60_000);

  it('refuses certificates that are not those that the nodes signed', async () => {
    const path = join(dir, 'custody', `${id}.cbor`);
    const [certificate, sealed, current] = decodeCbor(readFileSync(path)) as [
      Uint8Array,
      Uint8Array[],
      Uint8Array[],
    ];
    const [first, ...others] = sealed as [Uint8Array, ...Uint8Array[]];
    const at = first.length - 40;
    const bent = first.with(at, (first[at] as number) ^ 1);
    writeFileSync(path, encodeCbor([certificate, [bent, ...others], current]));
    expect((await data('verify', id)).code).toBe(2);
  });
});

it('put: a key that is no tenant of the nodes stores nothing, and its nodes are named as refusing', async () => {
  writeFileSync(file('small.bin'), randomBytes(1_000));
  const child = spawn(process.execPath, [
    BIN,
    'blob',
    'put',
    file('small.bin'),
    ...shared(),
    '--key',
    'agent',
  ]);
  let said = '';
  child.stdout.on('data', (part: Buffer) => (said += part.toString()));
  await expect.poll(() => said, { timeout: 30_000 }).toMatch(/refuses our requests[^]*waiting: \d of the 5/);
  child.kill('SIGKILL');
  await once(child, 'exit');
}, 60_000);

/** Stores a file in a process of its own and kills it at the first certified byte; resolves to what was shown. */
async function certifiedBeforeKill(path: string): Promise<number> {
  const child = spawn(process.execPath, [BIN, 'blob', 'put', path, ...shared(), '--json']);
  for await (const line of createInterface({ input: child.stderr })) {
    const event = JSON.parse(line) as Told;
    if (event.type !== 'progress' || (event.certified ?? 0) === 0) continue;
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(existsSync(file('uploads'))).toBe(true);
    return event.certified as number;
  }
  throw new Error('nothing was ever certified');
}

async function firstEntries(index: number): Promise<Uint8Array[]> {
  for await (const entries of new LogClient(network.layout.logUrl).entries(index, index + 1)) return entries;
  return [];
}
