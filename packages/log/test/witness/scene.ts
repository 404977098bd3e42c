/** A witness on a temporary disk, and the log it watches: what the witness tests share. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatVkey, noteVerifier, signCheckpoint, consistencyProof } from '../../src/index.ts';
import {
  createWitness,
  formatAddCheckpoint,
  openWitnessStore,
  type Witness,
} from '../../src/node/witness-index.ts';
import { logKey, ORIGIN, witness } from '../pure/keys.ts';
import { TestTree } from '../pure/tree.ts';

export const tree = new TestTree(400);
export const cosigner = witness(1);

/** The log's signed checkpoint of `size`; `root` bends it. */
export function checkpointOf(size: number, root: Uint8Array = tree.root(size), origin = ORIGIN): Uint8Array {
  const key = origin === ORIGIN ? logKey : { ...logKey, key: { ...logKey.key, name: origin } };
  return signCheckpoint({ origin, size, root }, [key], 0);
}

/** An honest request from `oldSize` to `size`. */
export function request(oldSize: number, size: number): Uint8Array {
  const proof = consistencyProof(oldSize, size, tree.node);
  return formatAddCheckpoint({ oldSize, proof, checkpoint: checkpointOf(size) });
}

/** A directory that is gone when the test is. */
export function temporary(): { path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), 'assay-witness-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

export interface Opened extends Disposable {
  readonly witness: Witness;
  readonly clock: { now: number };
}

/** A witness over the database at `directory`/w.db. */
export function openWitness(directory: string, now = 1_700_000_000, signer = cosigner): Opened {
  const store = openWitnessStore(join(directory, 'w.db'), [formatVkey(signer.key)]);
  const clock = { now };
  const parts = { signers: [signer], logs: [noteVerifier(logKey.key)], store, now: () => clock.now };
  return { witness: createWitness(parts), clock, [Symbol.dispose]: () => store.close() };
}
