import { hex } from '@assay/core';
import { describe, expect, it } from 'vitest';
import { encodePack, memorySource, planUpload, PROFILES, pureKernel } from '../src/index.ts';
import { codecPool } from '../src/node/index.ts';
import { noise } from './model-files.ts';

describe('codec pool', () => {
  it('worker threads encode in place what the plain kernel encodes here, several packs at once', async () => {
    await using pool = codecPool({ threads: 2, bytes: 16 << 20 });
    const files = Array.from({ length: 6 }, (_, i) => ({
      path: `f${i}`,
      source: memorySource(noise(300_000 + i, i)),
    }));
    const profile = PROFILES.local;
    const here = await planUpload(files, { packBytes: 300_005 });
    const { packs } = await planUpload(files, { packBytes: 300_005, kernel: pool });
    expect(packs).toEqual(here.packs);
    expect(packs).toHaveLength(6);
    // The kernel's own thread must have no part in it.
    pool.multiplyRows = () => expect.unreachable();
    const aside = await Promise.all(packs.map((pack) => encodePack(pack, files, { kernel: pool, profile })));
    for (const [i, pack] of packs.entries()) {
      const here = await encodePack(pack, files, { kernel: pureKernel(), profile });
      expect(hex(aside[i]?.id as Uint8Array)).toBe(hex(here.id));
      expect(hex(aside[i]?.shards[5] as Uint8Array)).toBe(hex(here.shards[5] as Uint8Array));
    }
    expect(aside[0]?.shards[0]?.buffer).toBeInstanceOf(SharedArrayBuffer);
  });

  it('a file that changes between plan and encoding is named, and its memory is given back', async () => {
    await using pool = codecPool({ threads: 1, bytes: 2 << 20 });
    const bytes = noise(900_000, 1);
    const files = [{ path: 'weights', source: memorySource(bytes) }];
    const profile = PROFILES.local;
    const { packs } = await planUpload(files, { packBytes: 1 << 20, kernel: pool });
    bytes[700_000] = (bytes[700_000] ?? 0) ^ 1;
    const [pack] = packs;
    if (pack === undefined) throw new Error('there is no pack');
    for (let i = 0; i < 4; i++) {
      await expect(encodePack(pack, files, { kernel: pool, profile })).rejects.toThrow(
        /source-changed.*"weights" changed/,
      );
    }
  });
});
