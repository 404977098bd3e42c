/** An upload that was killed before the epoch moved goes on in the epoch that its journal was begun in, while nodes sign for it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PROFILES } from '@assay/storage';
import { afterAll, describe, expect, it } from 'vitest';
import { journalPath, uploadCommittee } from '../../src/blob/upload-files.ts';

const directory = mkdtempSync(join(tmpdir(), 'assay-upload-epoch-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
const paths = ['weights.bin'];
const committee = (epoch: number) => ({
  networkId: new Uint8Array(32),
  epoch,
  profile: PROFILES.local,
  members: [],
});

describe('the epoch of an upload', () => {
  it('is the network’s, or the one before for what was begun in it; nothing older', () => {
    expect(uploadCommittee(directory, paths, committee(4)).epoch).toBe(4);
    writeFileSync(journalPath(directory, paths, committee(4)), '');
    expect(uploadCommittee(directory, paths, committee(4)).epoch).toBe(4);
    expect(uploadCommittee(directory, paths, committee(5)).epoch).toBe(4);
    expect(uploadCommittee(directory, paths, committee(6)).epoch).toBe(6);
    expect(uploadCommittee(directory, ['another'], committee(5)).epoch).toBe(5);
    expect(uploadCommittee(directory, paths, committee(0)).epoch).toBe(0);
  });
});
