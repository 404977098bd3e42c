/** The blob commands against six storage node processes and a network with a log, over real sockets. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { hex, openStatement, randomBytes } from '@assay/core';
import { loadIdentity } from '@assay/core/node';
import { LogClient } from '@assay/services';
import {
  decodeCbor,
  decodePackCertificate,
  decodeReceipt,
  encodeCbor,
  encodePackCertificate,
  type PackCertificate,
} from '@assay/storage';
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
  // Another tenant of the same nodes: it may read there, and has not stored.
  const other = loadIdentity(network.layout.key('verifier'));
  nodes = await LocalNodes.launch(join(dir, 'stores'), [owner.keyId, other.keyId]);
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
    // A node may be late for a pack and have no part in its certificate: what it lost of the others is found all the same.
    const packs = forgetReceipt(id, { of: 'store-4', pack: 0 });
    await nodes.kill('store-4');
    nodes.wipe('store-4');
    await nodes.start('store-4');
    const broken = await data('verify', id, '--leaves', '8');
    expect(broken.code).toBe(1);
    expect(Object.keys(broken.data['failed'] as object)).toEqual(['store-4']);
    const { code, data: stat } = await data('stat', id);
    expect(code).toBe(1);
    expect(stat['proven']).toMatchObject([{ node: 'store-4', cause: 'lost-ack', holds: true }]);
    expect(stat['stands']).toMatchObject({ of: 6 });
    const signed = packs.flatMap(({ receipts }) => receipts.filter(signedBy('store-4'))).length;
    expect([signed > 0, stat['lost']]).toEqual([true, signed]);
    // What the log has already is not logged again.
    const again = await data('verify', id, '--leaves', '8');
    expect(again.data['logged']).toEqual(broken.data['logged']);
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
    await nodes.start('store-1');
    expect([code, report['silent']]).toEqual([2, ['store-1']]);
  }, 60_000);

  it('refuses certificates that are not those that the nodes signed', async () => {
    const { path, certificate, sealed, current } = custodyOf(id);
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

describe('private content, and its deletion, each command a process of its own', () => {
  const secret = 'nobody else reads this sentence';
  let id = '';

  it('put --private, and get with the key: every byte as it was; the key file is told, and for its owner alone', async () => {
    writeFileSync(file('diary.txt'), secret);
    const put = await cli('put', file('diary.txt'), '--private');
    expect(put.code, put.err).toBe(0);
    const key = /private: (.*) opens it/.exec(put.out)?.[1] as string;
    expect(statSync(key).mode & 0o777).toBe(0o600);
    id = /^blob ([0-9a-f]{64})$/m.exec(put.out)?.[1] as string;
    const got = await cli('get', id, '--out', file('opened'));
    expect(got.code, got.err).toBe(0);
    expect(readFileSync(join(dir, 'opened', 'diary.txt'), 'utf8')).toBe(secret);
  }, 120_000);

  it('a reader without the key sees ids of ciphertext and lengths, and is told why it cannot have more', async () => {
    const got = await cli('get', id, '--out', file('peeped'), '--key', 'verifier');
    expect(got.code).toBe(2);
    expect(got.err).toMatch(/the content is private, and its key is not here.*verifier\.tenant/);
    expect(existsSync(file('peeped'))).toBe(false);
    const stat = await cli('stat', id, '--key', 'verifier', '--json');
    const { files } = JSON.parse(stat.out) as { files: { path: string; size: number }[] };
    expect(files.map(({ path }) => path)).toEqual(['private.index', '0']);
    expect(stat.out).not.toContain('diary');
    for (const name of nodes.names)
      for (const segment of readdirSync(join(dir, 'stores', name, 'data')))
        expect(readFileSync(join(dir, 'stores', name, 'data', segment)).includes(secret)).toBe(false);
  }, 120_000);

  it('delete refuses whoever did not store it, in one line, and does it for who did; the certificate stays in the log', async () => {
    const stranger = await cli('delete', id, '--key', 'verifier');
    expect(stranger.code).toBe(2);
    expect(stranger.out.trim().split('\n')).toEqual([
      `${nodes.names.join(', ')}: not deleted: this tenant holds no blob ${id} here`,
    ]);
    expect((await cli('get', id, '--out', file('still'))).code).toBe(0);
    const deleted = await cli('delete', id);
    // A node that was late with its seal holds nothing for the tenant, and says so.
    expect([0, 2]).toContain(deleted.code);
    expect(deleted.out.match(/shards? deleted/g)?.length).toBeGreaterThanOrEqual(5);
    expect(deleted.out).toContain('its certificate stays in the log');
    const got = await cli('get', id, '--out', file('gone'));
    expect([got.code, existsSync(file('gone'))]).toEqual([2, false]);
  }, 120_000);
});

/** The certificates of a blob as they lie on this machine, decoded by one level. */
function custodyOf(id: string) {
  const path = join(dir, 'custody', `${id}.cbor`);
  const [certificate, sealed, current] = decodeCbor(readFileSync(path)) as [
    Uint8Array,
    Uint8Array[],
    Uint8Array[],
  ];
  return { path, certificate, sealed, current };
}

/** Takes the receipt of one node out of the current certificate of one pack; returns all current certificates. */
function forgetReceipt(id: string, { of, pack }: { of: string; pack: number }): PackCertificate[] {
  const { path, certificate, sealed, current } = custodyOf(id);
  const packs = current.map(decodePackCertificate).map((each, i) => {
    return i === pack ? { ...each, receipts: each.receipts.filter((one) => !signedBy(of)(one)) } : each;
  });
  writeFileSync(path, encodeCbor([certificate, sealed, packs.map(encodePackCertificate)]));
  return packs;
}

const signedBy =
  (name: string) =>
  ({ receipt }: { readonly receipt: Uint8Array }): boolean =>
    nodes.keyOf(name) === `ed25519:${hex(decodeReceipt(receipt).nodeId)}`;

/** A blob command as somebody types it. */
async function cli(...args: string[]): Promise<{ code: number | null; out: string; err: string }> {
  const child = spawn(process.execPath, [BIN, 'blob', ...args, ...shared()]);
  let [out, err] = ['', ''];
  child.stdout.on('data', (part: Buffer) => (out += part.toString()));
  child.stderr.on('data', (part: Buffer) => (err += part.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, out, err };
}

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
