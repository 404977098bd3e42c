/** PROTOCOL 8.3: private content is encrypted before it leaves, and equal content of one tenant is stored once. */
import { concat, hex, sha256 } from '@assay/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BlobReader } from '../src/client/reader.ts';
import type { SourceFile } from '../src/format/plan.ts';
import { planUpload } from '../src/format/plan.ts';
import { memorySource } from '../src/format/source.ts';
import { encryptFiles, isPrivate, openPrivate, TenantKey } from '../src/node/index.ts';
import { noise } from './model-files.ts';

const tenant = new TenantKey(sha256(Uint8Array.of(1)));
const other = new TenantKey(sha256(Uint8Array.of(2)));
const PACK = 16 << 20;

const file = (path: string, bytes: Uint8Array): SourceFile => ({ path, source: memorySource(bytes) });

/** Reads what was planned as a reader of the stored blob does: chunk by chunk. */
async function stored(files: readonly SourceFile[]): Promise<BlobReader> {
  const plan = await planUpload(files, { packBytes: PACK });
  const read = async function* (path: string): AsyncGenerator<Uint8Array> {
    const at = files.findIndex((each) => each.path === path);
    const { ends } = plan.files[at]?.plan ?? { ends: [] };
    for (const [i, end] of ends.entries()) {
      const start = ends[i - 1] ?? 0;
      yield (await files[at]?.source.read(start, end - start)) ?? new Uint8Array(0);
    }
  };
  const bytes = async (path: string): Promise<Uint8Array> => {
    const parts: Uint8Array[] = [];
    for await (const part of read(path)) parts.push(part);
    return concat(...parts);
  };
  const manifest = { files: plan.files.map(({ path, size }) => ({ path, size })) };
  return { manifest, read, bytes } as unknown as BlobReader;
}

async function roundTrip(
  files: readonly SourceFile[],
  keys = { write: tenant, read: tenant },
): Promise<Map<string, string>> {
  const opened = await openPrivate(await stored(await encryptFiles(files, keys.write)), keys.read);
  const found = new Map<string, string>();
  for (const { path } of opened.files) {
    const parts: Uint8Array[] = [];
    for await (const part of opened.read(path)) parts.push(part);
    found.set(path, hex(sha256(...parts)));
  }
  return found;
}

const chunkIds = async (files: readonly SourceFile[]): Promise<Set<string>> =>
  new Set((await planUpload(files, { packBytes: PACK })).chunks.map(({ id }) => hex(id)));

describe('private content', () => {
  it('comes back as it was, whatever its size', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 3 << 20 }), fc.nat(1_000), async (length, seed) => {
        const bytes = noise(length, seed);
        const found = await roundTrip([file('weights.bin', bytes), file('deep/empty', new Uint8Array(0))]);
        expect(found.get('weights.bin')).toBe(hex(sha256(bytes)));
        expect(found.get('deep/empty')).toBe(hex(sha256(new Uint8Array(0))));
      }),
      { seed: 3, numRuns: 20 },
    );
  });

  it('shows neither names nor digests nor bytes: the manifest lists ids of ciphertext', async () => {
    const bytes = noise(1 << 20, 4);
    const plain = [file('secret-name.bin', bytes)];
    const files = await encryptFiles(plain, tenant);
    const ids = await chunkIds(files);
    for (const id of await chunkIds(plain)) expect(ids.has(id)).toBe(false);
    const all = Buffer.concat(
      await Promise.all(
        files.map(async ({ source, ends = [source.size] }) => {
          const parts = ends.map((end, i) => source.read(ends[i - 1] ?? 0, end - (ends[i - 1] ?? 0)));
          return Buffer.concat(await Promise.all(parts));
        }),
      ),
    );
    expect(files.map(({ path }) => path)).toEqual(['private.index', '0']);
    for (const trace of [
      Buffer.from('secret-name'),
      Buffer.from(bytes.subarray(0, 32)),
      Buffer.from(sha256(bytes)),
    ])
      expect(all.includes(trace)).toBe(false);
  });

  it('is stored once within a tenant and never across two', async () => {
    const first = noise(3 << 20, 5);
    const second = first.with(first.length - 1, (first.at(-1) as number) ^ 1);
    const [a, b] = await Promise.all(
      [first, second].map((bytes) => encryptFiles([file('w.bin', bytes)], tenant)),
    );
    const [ids, later] = [await chunkIds(a as SourceFile[]), await chunkIds(b as SourceFile[])];
    const shared = [...later].filter((id) => ids.has(id)).length;
    expect(shared).toBeGreaterThan(0);
    expect(shared).toBe(later.size - 2); // the last chunk and the index are new
    const again = await chunkIds(await encryptFiles([file('w.bin', first)], tenant));
    expect([...again]).toEqual([...ids]);
    const foreign = await chunkIds(await encryptFiles([file('w.bin', first)], other));
    expect([...foreign].filter((id) => ids.has(id))).toEqual([]);
  });

  it('does not open with another key, and no flipped bit gets through', async () => {
    await expect(
      roundTrip([file('w.bin', noise(1_000, 6))], { write: tenant, read: other }),
    ).rejects.toMatchObject({
      code: 'manifest',
      what: expect.stringContaining('does not open'),
    });
    const chunk = noise(500, 7);
    const sealed = tenant.encryptChunk(chunk);
    fc.assert(
      fc.property(fc.nat(sealed.length * 8 - 1), (bit) => {
        const bent = Uint8Array.from(sealed);
        bent[bit >> 3] = (bent[bit >> 3] as number) ^ (1 << (bit & 7));
        expect(() => tenant.decryptChunk(bent, sha256(chunk))).toThrow(/does not open/);
      }),
    );
    expect(() => tenant.decryptChunk(sealed.subarray(0, 5), sha256(chunk))).toThrow(/shorter/);
    expect(isPrivate(await stored([file('0', chunk)]))).toBe(false);
  });
});
