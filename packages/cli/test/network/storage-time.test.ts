/** The schedule of a local network's storage epochs: begun once, and kept through every later start. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomBytes } from '@assay/core';
import { readStorageNetwork } from '@assay/services';
import { afterEach, describe, expect, it } from 'vitest';
import { createNetwork } from '../../src/network/create.ts';

const DAY = 86_400_000;
const began = Date.parse('2026-11-26T00:00:00Z');
const folders: string[] = [];
afterEach(() => folders.splice(0).forEach((folder) => rmSync(folder, { recursive: true, force: true })));

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'assay-storage-time-'));
  folders.push(made);
  return made;
}

const create = (dir: string, now: number): void =>
  void createNetwork(
    { dir, port: 7_400, nodes: [{ name: 'a' }] },
    { entropy: { bytes: randomBytes }, clock: { now: () => now } },
  );
const epochAt = (dir: string, now: number): number =>
  readStorageNetwork(join(dir, 'storage.json'), { now: () => now }).committee.epoch;

describe('storage epochs of a local network', () => {
  it('last two weeks from the moment it was made, whenever it is started again; its nodes are told the same', () => {
    const dir = folder();
    create(dir, began);
    create(dir, began + 20 * DAY);
    expect([0, 13.9, 14, 28, 365].map((days) => epochAt(dir, began + days * DAY))).toEqual([1, 1, 2, 3, 27]);
    const node = JSON.parse(readFileSync(join(dir, 'config', 'storage-1.json'), 'utf8')) as object;
    const network = JSON.parse(readFileSync(join(dir, 'storage.json'), 'utf8')) as { committee: object };
    expect(node).toMatchObject({ committee: network.committee });
  });

  it('of a folder from before there was a schedule, they begin with its next start: no lease is shortened', () => {
    const dir = folder();
    create(dir, began);
    const path = join(dir, 'storage.json');
    const { committee, nodes } = JSON.parse(readFileSync(path, 'utf8')) as {
      committee: object;
      nodes: object;
    };
    const before = { ...committee, epoch: 3, epochs: undefined };
    writeFileSync(path, JSON.stringify({ committee: before, nodes }));
    create(dir, began + 700 * DAY);
    expect([700, 714].map((days) => epochAt(dir, began + days * DAY))).toEqual([3, 4]);
  });
});
