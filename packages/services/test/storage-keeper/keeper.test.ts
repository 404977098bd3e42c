/** A keeper over real storage nodes: what it finds false, what it logs of it, what it repairs, and what it lets be. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  base64,
  ed25519Signer,
  fromBase64,
  hex,
  type LogRecord,
  openStatement,
  randomBytes,
  sha256,
  signStatement,
} from '@assay/core';
import { memorySource, openBlob, type PackHeader, packId, rendezvous, verifyFalsehood } from '@assay/storage';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { certificatePredicate } from '../../src/storage-client/index.ts';
import { StorageKeeper, StorageRecords, verifyChallengeResult } from '../../src/storage-keeper/index.ts';
import { type StoredBlob, storeFiles, versionFiles } from '../../src/version-content/index.ts';
import { linearVersion, type TestVersion } from '../support/linear-version.ts';
import { TestStores } from '../support/stores.ts';

const SPARES = 2;
const signer = ed25519Signer(randomBytes(32));

let directory: string;
let stores: TestStores;
let records: StorageRecords;
let said: LogRecord[];
let version: TestVersion;
let blob = '';
let now = 0;

/** The log of a test: statements are signed, checked against their schema and given the next index. */
function log(entry: Uint8Array): string {
  const record = { ...openStatement(entry), index: said.length } as LogRecord;
  said.push(record);
  records.note(record);
  return record.id;
}

function keeper(absentAfterMs = 86_400_000): StorageKeeper {
  return new StorageKeeper({
    connection: stores.connection,
    records,
    leaves: 16,
    absentAfterMs,
    now: () => now,
    renewWithinEpochs: 13,
    say: (kind, predicate) => Promise.resolve(log(signStatement(kind, predicate, signer))),
  });
}

const results = (): (LogRecord & { kind: 'challenge.result' })[] =>
  said.filter((record) => record.kind === 'challenge.result') as (LogRecord & { kind: 'challenge.result' })[];
const repairs = (): LogRecord[] => said.filter(({ kind }) => kind === 'repair');

/** Which test node holds shard `index` of the blob's pack, and which are spares. */
async function holders(): Promise<number[]> {
  using opened = await openBlob(Buffer.from(blob, 'hex'), stores.connection.options);
  const [header] = opened.manifest.packs;
  const order = rendezvous(stores.connection.committee, packId(header as PackHeader)).map(hex);
  const ids = stores.connection.options.nodes.map(({ id }) => hex(id));
  return order.map((id) => ids.indexOf(id));
}

/**
 * Stores a version whose every shard was signed for in time. An upload seals with the quorum's five, and the sixth node may
 * come too late to stand in the certificate; then another version is tried.
 */
async function storedSixfold(): Promise<StoredBlob> {
  for (let factor = 3; factor < 20; factor++) {
    version = linearVersion(factor, 2 ** 20);
    const content = new Map([[version.manifest.graph.id, memorySource(version.graph)]]);
    const stored = await storeFiles(versionFiles(version.manifest, content), {
      connection: stores.connection,
    });
    if (stored.packCertificates.every(({ receipts }) => receipts.length === 6)) return stored;
  }
  throw new Error('one of six nodes is always late');
}

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'assay-keeper-'));
  stores = await TestStores.start(directory, SPARES);
  records = new StorageRecords(stores.connection.committee);
  said = [];
  now = 1_000;
  const stored = await storedSixfold();
  blob = hex(stored.blobId);
  log(signStatement('blob.certificate', certificatePredicate(stored, stores.connection.committee), signer));
});

afterEach(async () => {
  await stores.stop();
  rmSync(directory, { recursive: true, force: true });
});

describe('a storage keeper', () => {
  it('says nothing and repairs nothing while all is well, nor when a node is silent for a while', async () => {
    const [first] = await holders();
    expect(await keeper().round()).toMatchObject([
      { before: { least: 6, of: 6, belowQuorum: 0 }, repaired: 0 },
    ]);
    await stores.take(first as number);
    const patient = keeper();
    await patient.round();
    now += 86_000_000;
    expect(await patient.round()).toMatchObject([{ before: { least: 6 }, repaired: 0, because: [] }]);
    expect(said).toHaveLength(1);
  }, 60_000);

  it('a wiped node is convicted by its own new log; at the quorum nothing is repaired, below it everything is', async () => {
    const [a, b] = await holders();
    await stores.wipe(a as number);
    expect(await keeper().round()).toMatchObject([
      { before: { least: 5 }, after: { least: 5 }, repaired: 0 },
    ]);
    expect(results()).toMatchObject([{ predicate: { cause: 'lost-ack', blob } }]);
    expect(repairs()).toHaveLength(0);
    await stores.wipe(b as number);
    const [kept] = await keeper().round();
    expect(kept).toMatchObject({
      before: { least: 4, belowQuorum: 1 },
      after: { least: 6, belowQuorum: 0 },
      repaired: 1,
    });
    expect(results(), 'a falsehood is logged once').toHaveLength(2);
    expect(repairs()).toMatchObject([{ predicate: { blob, repaired: '1' } }]);
    // What stands from now on is read from the pages that the repair names.
    expect(await keeper().round()).toMatchObject([{ before: { least: 6 }, because: [], repaired: 0 }]);
    expect(said).toHaveLength(4);
  }, 120_000);

  it('a node whose bytes rotted is convicted by its signed answer; every bent copy of the proof is refused', async () => {
    const [a] = await holders();
    const data = join(directory, `storage-${(a as number) + 1}`);
    for (const name of readdirSync(data)) {
      const path = join(data, name);
      writeFileSync(path, readFileSync(path).fill(0xa5, 4_096), { flag: 'r+' });
    }
    await keeper().round();
    const [result] = results();
    expect(result).toMatchObject({ predicate: { cause: 'failed-challenge' } });
    if (result === undefined) throw new Error('nothing was logged');
    const { predicate } = result;
    const { receipt } = await verifyChallengeResult(predicate, stores.connection);
    expect(`ed25519:${hex(receipt.nodeId)}`).toBe(predicate.node);
    const bytes = fromBase64(String(predicate.proof.bytes));
    for (let at = 0; at < bytes.length; at += 17) {
      const bent = Uint8Array.from(bytes);
      bent[at] = (bent[at] as number) ^ 1;
      expect(() => verifyFalsehood(bent, stores.connection.committee), `byte ${at}`).toThrow();
      const proof = { id: hex(sha256(bent)), size: String(bent.length), bytes: base64(bent) };
      await expect(verifyChallengeResult({ ...predicate, proof }, stores.connection)).rejects.toThrow();
    }
    const other = { ...predicate, index: (predicate.index + 1) % 6 };
    await expect(verifyChallengeResult(other, stores.connection)).rejects.toThrow(/not about shard/);
    const later = { ...stores.connection.committee, epoch: 1_000 };
    expect(() => verifyFalsehood(bytes, later)).toThrow();
  }, 60_000);

  it('nodes that stay away are replaced by spares, and the bytes are there without them', async () => {
    const [a, b, c] = await holders();
    for (const at of [a, b]) await stores.take(at as number);
    const patient = keeper(3_600_000);
    expect(await patient.round()).toMatchObject([{ before: { least: 6 }, repaired: 0 }]);
    now += 3_600_000;
    expect(await patient.round()).toMatchObject([{ before: { least: 4 }, after: { least: 6 }, repaired: 1 }]);
    expect(results(), 'absence convicts nobody').toHaveLength(0);
    expect(repairs()).toMatchObject([{ predicate: { because: [] } }]);
    await stores.take(c as number);
    using opened = await openBlob(Buffer.from(blob, 'hex'), stores.connection.options);
    const [, graph] = opened.manifest.files;
    expect(hex(sha256(await opened.bytes(String(graph?.path))))).toBe(hex(sha256(version.graph)));
  }, 120_000);
});
