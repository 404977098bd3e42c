import { hex, sha256, utf8 } from '@assay/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeCbor, encodeCbor, type Cbor } from '../src/cbor.ts';
import { MAX_CHUNK_BYTES, MIN_CHUNK_BYTES, planChunks } from '../src/format/chunking.ts';
import { locate, type Manifest } from '../src/format/manifest.ts';
import {
  decodePackHeader,
  encodePackHeader,
  type PackHeader,
  packId,
  shardLength,
} from '../src/format/pack.ts';
import { encodeManifest, readManifest } from '../src/format/pages.ts';
import { readPack, manifestOf, planUpload } from '../src/format/plan.ts';
import { memorySource } from '../src/format/source.ts';
import {
  hashLeaf,
  hashLeaves,
  LEAF_BYTES,
  proveRange,
  rangeRoot,
  treeRoot,
  verifyLeaves,
} from '../src/merkle.ts';
import { gguf, noise, onnx, safetensors } from './model-files.ts';

const KIB = 1_024;
const header = (packLen: number, seed = 0): PackHeader => ({
  codec: 1,
  k: 4,
  n: 6,
  shardLen: shardLength(packLen, 4),
  packLen,
  roots: Array.from({ length: 6 }, (_, i) => sha256(Uint8Array.of(seed, i))),
});

describe('shard tree', () => {
  it('RFC 6962 §2.1: three leaves hash as ((a, b), c)', () => {
    const [a, b, c] = ['a', 'b', 'c'].map((text) => hashLeaf(utf8(text))) as [
      Uint8Array,
      Uint8Array,
      Uint8Array,
    ];
    const left = sha256(Uint8Array.of(1), a, b);
    expect(hex(treeRoot([a, b, c]))).toBe(hex(sha256(Uint8Array.of(1), left, c)));
  });

  it('a proof of any run of leaves leads to the root, and to no other', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.nat(), fc.nat(), (count, a, b) => {
        const leaves = Array.from({ length: count }, (_, i) => hashLeaf(Uint8Array.of(i)));
        const [x, y] = [a % count, b % count];
        const range = { from: Math.min(x, y), to: Math.max(x, y) + 1 };
        const proof = proveRange(leaves, range);
        const run = leaves.slice(range.from, range.to);
        expect(hex(rangeRoot({ count, range, leaves: run, proof }))).toBe(hex(treeRoot(leaves)));
        const bent = run.map((leaf, i) => (i === 0 ? hashLeaf(utf8('other')) : leaf));
        expect(hex(rangeRoot({ count, range, leaves: bent, proof }))).not.toBe(hex(treeRoot(leaves)));
        expect(() =>
          rangeRoot({ count, range, leaves: run, proof: [...proof, leaves[0] as Uint8Array] }),
        ).toThrow();
      }),
    );
  });

  it('verifyLeaves refuses a flipped byte, a short run and a hostile proof', () => {
    const shard = noise(3 * LEAF_BYTES + 100, 1);
    const leaves = hashLeaves(shard);
    const range = { from: 2, to: 4 };
    const claim = {
      root: treeRoot(leaves),
      shardBytes: shard.length,
      range,
      proof: proveRange(leaves, range),
    };
    const bytes = shard.slice(2 * LEAF_BYTES);
    expect(verifyLeaves(bytes, claim)).toBe(true);
    expect(verifyLeaves(bytes.subarray(1), claim)).toBe(false);
    bytes[5] = (bytes[5] as number) ^ 1;
    expect(verifyLeaves(bytes, claim)).toBe(false);
    expect(verifyLeaves(shard.subarray(2 * LEAF_BYTES), { ...claim, proof: [] })).toBe(false);
  });
});

describe('deterministic CBOR', () => {
  const { value: anyCbor } = fc.letrec<{ value: Cbor }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.maxSafeNat(),
      fc.string({ unit: 'grapheme' }),
      fc.constant(null),
      fc.uint8Array(),
      fc.array(tie('value'), { maxLength: 5 }),
    ),
  }));

  it('RFC 8949 appendix A examples', () => {
    const examples: [Cbor, string][] = [
      [23, '17'],
      [24, '1818'],
      [1000, '1903e8'],
      [1000000, '1a000f4240'],
      [1000000000000, '1b000000e8d4a51000'],
      [null, 'f6'],
      ['ü', '62c3bc'],
      [[1, [2, 3], [4, 5]], '8301820203820405'],
    ];
    for (const [value, bytes] of examples) expect(hex(encodeCbor(value))).toBe(bytes);
  });

  it('every value comes back, and every decodable byte string is its own encoding', () => {
    fc.assert(
      fc.property(
        anyCbor,
        (value) => hex(encodeCbor(decodeCbor(encodeCbor(value)))) === hex(encodeCbor(value)),
      ),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        let value: Cbor;
        try {
          value = decodeCbor(bytes);
        } catch (error) {
          expect((error as Error).name).toMatch(/^(FormatError|EncodingError)$/);
          return;
        }
        expect(hex(encodeCbor(value))).toBe(hex(bytes));
      }),
      { numRuns: 3_000 },
    );
  });

  it('a length of 2^40 in six bytes allocates nothing', () => {
    for (const first of [0x9b, 0x5b, 0x7b]) {
      expect(() => decodeCbor(Uint8Array.of(first, 0, 0, 1, 0, 0, 0, 0, 0, 0))).toThrow(/cbor/);
    }
  });
});

describe('pack header', () => {
  it('the id commits to every field and every root, parity too', () => {
    const base = header(1_000_000);
    const ids = [
      base,
      header(1_000_000, 1),
      header(999_999),
      { ...base, roots: base.roots.toReversed() },
    ].map(packId);
    expect(new Set(ids.map(hex)).size).toBe(4);
    expect(decodePackHeader(encodePackHeader(base))).toEqual(base);
  });

  it('a bent header is refused or is another header', () => {
    const good = encodePackHeader(header(1_000));
    expect(() => decodePackHeader(good.subarray(1))).toThrow(/pack/);
    expect(() => decodePackHeader(good.subarray(0, -1))).toThrow(/pack/);
    fc.assert(
      fc.property(fc.nat(27), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const bent = Uint8Array.from(good);
        bent[at] = (bent[at] as number) ^ flip;
        let other: PackHeader;
        try {
          other = decodePackHeader(bent);
        } catch (error) {
          expect((error as Error).message).toMatch(/\[(pack|range)\]/);
          return;
        }
        // Some other payload lengths also fit: then it is that header, not this one.
        expect(hex(encodePackHeader(other))).toBe(hex(bent));
      }),
    );
  });
});

describe('chunking', () => {
  const sizes = [3_000, 9 * KIB * KIB, 100, 300 * KIB, 5 * KIB * KIB];

  it.each([
    ['model.safetensors', safetensors(sizes)],
    ['model.gguf', gguf(sizes)],
    ['model.onnx', onnx(sizes)],
  ])('%s: large tensors start chunks of their own, and no chunk exceeds 4 MiB', async (path, bytes) => {
    const plan = await planChunks(path, memorySource(bytes));
    expect(plan.distrust).toBeUndefined();
    expect(plan.tensors.map((t) => t.name)).toEqual(sizes.map((_, i) => `t${i}`));
    const starts = [0, ...plan.ends.slice(0, -1)];
    expect(plan.ends.at(-1)).toBe(bytes.length);
    for (const tensor of plan.tensors) {
      if (tensor.end - tensor.start >= MIN_CHUNK_BYTES) expect(starts).toContain(tensor.start);
    }
    plan.ends.forEach((end, i) => expect(end - (starts[i] as number)).toBeLessThanOrEqual(MAX_CHUNK_BYTES));
  });

  it('a grown header and one changed tensor leave all other large tensors reusable', async () => {
    const many = Array.from({ length: 12 }, () => 1_500_000);
    const v1 = [{ path: 'm.safetensors', source: memorySource(safetensors(many)) }];
    const first = await planUpload(v1, { packBytes: 4_194_304 });
    const headers = first.packs.map(({ packLen }, i) => header(packLen, i));
    const parent = { blobId: sha256(utf8('v1')), manifest: manifestOf(first, headers) };
    const changed = safetensors(many, { note: 'x'.repeat(999), reseed: 4 });
    const second = await planUpload([{ path: 'm.safetensors', source: memorySource(changed) }], {
      packBytes: 4_194_304,
      parent,
    });
    const sent = second.packs.reduce((sum, pack) => sum + pack.packLen, 0);
    expect(sent).toBeGreaterThan(1_500_000);
    expect(sent).toBeLessThan(1_500_000 * 1.05);
    expect(second.total - sent).toBe(11 * 1_500_000);
  });

  it('content-defined cuts of unknown bytes find themselves again after an insertion', async () => {
    const base = noise(16 * KIB * KIB, 7);
    const moved = new Uint8Array(base.length + 13);
    moved.set(noise(13, 8));
    moved.set(base, 13);
    const a = await planChunks('data.bin', memorySource(base));
    const b = await planChunks('data.bin', memorySource(moved));
    const shifted = new Set(b.ends.map((end) => end - 13));
    const kept = a.ends.filter((end) => shifted.has(end)).length;
    expect(a.ends.length).toBeGreaterThan(6);
    expect(kept).toBeGreaterThanOrEqual(a.ends.length - 2);
  });

  it.each(['safetensors', 'gguf', 'onnx'])(
    'hostile %s headers end in a plan, never in a crash',
    async (format) => {
      const good = { safetensors, gguf, onnx }[format as 'gguf']([3_000, 700_000, 100]);
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { maxLength: 6 }),
          fc.nat(800),
          async (flips, cut) => {
            const bytes = good.slice(0, good.length - (cut > 400 ? cut : 0));
            for (const [at, value] of flips) bytes[at] = value;
            const plan = await planChunks(`m.${format}`, memorySource(bytes));
            expect(plan.ends.at(-1)).toBe(bytes.length);
            expect(plan.ends.every((end, i) => end > (plan.ends[i - 1] ?? 0))).toBe(true);
          },
        ),
        { numRuns: 150 },
      );
    },
  );

  it('overlapping, holed, oversized and deeply nested safetensors headers are named and cut by content', async () => {
    const make = (json: string, data = 100): Uint8Array => {
      const bytes = new Uint8Array(8 + json.length + data);
      new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
      bytes.set(utf8(json), 8);
      return bytes;
    };
    const entry = (a: number, b: number): string => `{"dtype":"U8","shape":[1],"data_offsets":[${a},${b}]}`;
    const hostile = {
      overlap: make(`{"a":${entry(0, 60)},"b":${entry(50, 100)}}`),
      hole: make(`{"a":${entry(0, 40)},"b":${entry(50, 100)}}`),
      short: make(`{"a":${entry(0, 99)}}`),
      nested: make(`{"a":${'['.repeat(50_000)}${']'.repeat(50_000)}}`),
      length: Uint8Array.of(255, 255, 255, 255, 255, 255, 255, 127, 1, 2, 3),
    };
    for (const [name, bytes] of Object.entries(hostile)) {
      const plan = await planChunks('m.safetensors', memorySource(bytes));
      expect(plan.distrust?.message, name).toMatch(/FormatError\[safetensors\]/);
      expect(plan.format).toBe('unknown');
    }
  });
});

describe('manifest', () => {
  async function sample(): Promise<Manifest> {
    const files = [
      { path: 'a/model.safetensors', source: memorySource(safetensors([2_000_000, 500_000, 70])) },
      { path: 'config.json', source: memorySource(utf8('{}')) },
      { path: 'empty', source: memorySource(new Uint8Array(0)) },
    ];
    const plan = await planUpload(files, { packBytes: 1 << 21 });
    return manifestOf(
      plan,
      plan.packs.map(({ packLen }, i) => header(packLen, i)),
    );
  }

  it('comes back from its pages, which equal manifests share', async () => {
    const manifest = await sample();
    const paged = encodeManifest(manifest);
    expect(hex(encodeManifest(await sample()).blobId)).toBe(hex(paged.blobId));
    const back = await readManifest(paged.blobId, async (id) => paged.pages.get(hex(id)) as Uint8Array);
    expect(back).toEqual(manifest);
  });

  it('a page with other bytes, and a manifest that climbs out of its directory, are refused', async () => {
    const manifest = await sample();
    const paged = encodeManifest(manifest);
    const swap = [...paged.pages.values()][0] as Uint8Array;
    await expect(readManifest(paged.blobId, async () => swap)).rejects.toThrow(/manifest/);
    const climbing = manifest.files.map((file) => ({ ...file, path: `../${file.path}` }));
    expect(() => encodeManifest({ ...manifest, files: climbing })).toThrow(/not a usable file name/);
  });

  it('any byte range is located exactly', async () => {
    const bytes = noise(3_000_000, 3);
    const files = [{ path: 'x', source: memorySource(bytes) }];
    const plan = await planUpload(files, { packBytes: 1 << 20 });
    const packs = await Promise.all(
      plan.packs.map(async (pack) => {
        const out = new Uint8Array(pack.packLen);
        await readPack(pack, files, out);
        return out;
      }),
    );
    const manifest = manifestOf(
      plan,
      plan.packs.map(({ packLen }, i) => header(packLen, i)),
    );
    fc.assert(
      fc.property(fc.nat(bytes.length), fc.nat(bytes.length), (a, b) => {
        const range = { start: Math.min(a, b), end: Math.max(a, b) };
        const runs = locate(manifest, manifest.files[0] as Manifest['files'][number], range);
        const got = Buffer.concat(
          runs.map((r) => (packs[r.pack] as Uint8Array).subarray(r.offset, r.offset + r.length)),
        );
        expect(got.equals(bytes.subarray(range.start, range.end))).toBe(true);
      }),
      { numRuns: 50 },
    );
  });
});
