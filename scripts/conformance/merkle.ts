/** The proof vectors of transparency-dev/merkle: valid proofs, and every way in which they were bent. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fromBase64 } from '@assay/core';
import { verifyConsistency, verifyInclusion } from '@assay/log';
import { Suite } from './suite.ts';

interface InclusionVector {
  readonly leafIdx: bigint;
  readonly treeSize: bigint;
  readonly root: string;
  readonly leafHash: string;
  readonly proof: readonly string[] | null;
  readonly wantErr: boolean;
}

interface ConsistencyVector {
  readonly size1: bigint;
  readonly size2: bigint;
  readonly root1: string;
  readonly root2: string;
  readonly proof: readonly string[] | null;
  readonly wantErr: boolean;
}

/** `{leafIdx, treeSize, root, leafHash, proof, wantErr}`. */
export function inclusionSuite(folder: string): Suite {
  const suite = new Suite();
  for (const { name, vector } of vectors<InclusionVector>(folder)) {
    judge(suite, name, vector.wantErr, () =>
      verifyInclusion({
        leafHash: fromBase64(vector.leafHash),
        index: vector.leafIdx,
        size: vector.treeSize,
        root: fromBase64(vector.root),
        proof: (vector.proof ?? []).map(fromBase64),
      }),
    );
  }
  return suite;
}

/** `{size1, size2, root1, root2, proof, wantErr}`. */
export function consistencySuite(folder: string): Suite {
  const suite = new Suite();
  for (const { name, vector } of vectors<ConsistencyVector>(folder)) {
    judge(suite, name, vector.wantErr, () =>
      verifyConsistency({
        oldSize: vector.size1,
        oldRoot: fromBase64(vector.root1),
        size: vector.size2,
        root: fromBase64(vector.root2),
        proof: (vector.proof ?? []).map(fromBase64),
      }),
    );
  }
  return suite;
}

function judge(suite: Suite, name: string, wantErr: boolean, check: () => void): void {
  if (wantErr) suite.refuses(name, check);
  else suite.accepts(name, check);
}

function* vectors<T>(folder: string): Generator<{ name: string; vector: T }> {
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }).toSorted()) {
    if (!name.endsWith('.json')) continue;
    yield { name, vector: JSON.parse(readFileSync(join(folder, name), 'utf8'), exactIntegers) as T };
  }
}

/** Some integers exceed 2^53: read the digits as written, not the number they were rounded to. */
function exactIntegers(_key: string, value: unknown, context?: { source?: string }): unknown {
  return typeof value === 'number' && context?.source !== undefined ? BigInt(context.source) : value;
}
