/**
 * Building roots and proofs from stored nodes (RFC 6962 §2.1.1, §2.1.2).
 *
 * Only complete nodes are ever stored. A proof hash is the root of a run of leaves [start, end); such a run is a few
 * complete nodes, folded from the right. So a proof is first a list of runs, and only then hashes: whoever has to fetch
 * asks for the addresses beforehand ({@link inclusionNodes}, {@link consistencyNodes}), and building stays synchronous.
 */
import { ProofError } from './errors.ts';
import { emptyRoot, nodeHash, splitPoint } from './merkle.ts';

/** A complete node: the root of leaves [index·2^level, (index+1)·2^level). */
export interface NodeAddress {
  readonly level: number;
  readonly index: number;
}

/** Gives the hash of a complete node; throws when it has none. */
export type NodeReader = (level: number, index: number) => Uint8Array;

/** Leaves [start, end). */
interface Run {
  readonly start: number;
  readonly end: number;
}

/** The root of the first `size` leaves. */
export function treeRoot(size: number, read: NodeReader): Uint8Array {
  return size === 0 ? emptyRoot() : runRoot({ start: 0, end: size }, read);
}

/**
 * PATH(index, D[size]), leaf sibling first (RFC 6962 §2.1.1).
 *
 * @throws ProofError `range` unless 0 ≤ index < size
 */
export function inclusionProof(index: number, size: number, read: NodeReader): Uint8Array[] {
  return inclusionRuns(index, size).map((run) => runRoot(run, read));
}

/**
 * PROOF(oldSize, D[size]) (RFC 6962 §2.1.2). Empty for equal sizes, and from the empty tree.
 *
 * @throws ProofError `range` unless 0 ≤ oldSize ≤ size
 */
export function consistencyProof(oldSize: number, size: number, read: NodeReader): Uint8Array[] {
  return consistencyRuns(oldSize, size).map((run) => runRoot(run, read));
}

/** The complete nodes that {@link treeRoot} reads. */
export function rootNodes(size: number): NodeAddress[] {
  return size === 0 ? [] : runNodes({ start: 0, end: size });
}

/** The complete nodes that {@link inclusionProof} reads. @throws ProofError `range` */
export function inclusionNodes(index: number, size: number): NodeAddress[] {
  return inclusionRuns(index, size).flatMap(runNodes);
}

/** The complete nodes that {@link consistencyProof} reads. @throws ProofError `range` */
export function consistencyNodes(oldSize: number, size: number): NodeAddress[] {
  return consistencyRuns(oldSize, size).flatMap(runNodes);
}

function inclusionRuns(index: number, size: number): Run[] {
  if (!Number.isSafeInteger(index) || !Number.isSafeInteger(size) || index < 0 || index >= size) {
    throw new ProofError('range', { what: `a tree of ${size} leaves has no leaf ${index}` });
  }
  const runs: Run[] = [];
  let start = 0;
  let end = size;
  while (end - start > 1) {
    const middle = start + splitPoint(end - start);
    if (index < middle) {
      runs.push({ start: middle, end });
      end = middle;
    } else {
      runs.push({ start, end: middle });
      start = middle;
    }
  }
  return runs.reverse();
}

function consistencyRuns(oldSize: number, size: number): Run[] {
  if (!Number.isSafeInteger(oldSize) || !Number.isSafeInteger(size) || oldSize < 0 || oldSize > size) {
    throw new ProofError('range', { what: `a tree of ${size} leaves has no prefix of ${oldSize}` });
  }
  if (oldSize === 0 || oldSize === size) return [];
  const runs: Run[] = [];
  let start = 0;
  let end = size;
  while (oldSize !== end) {
    const middle = start + splitPoint(end - start);
    if (oldSize <= middle) {
      runs.push({ start: middle, end });
      end = middle;
    } else {
      runs.push({ start, end: middle });
      start = middle;
    }
  }
  // SUBPROOF's b: the verifier already holds the old root, so it is left out when it is one complete left subtree.
  if (start !== 0) runs.push({ start, end });
  return runs.reverse();
}

/** The complete nodes of a run that a split made: left to right, each smaller than the one before. */
function runNodes({ start, end }: Run): NodeAddress[] {
  const nodes: NodeAddress[] = [];
  for (let at = start; at < end;) {
    const width = end - at === 1 ? 1 : largestPower(end - at);
    nodes.push({ level: Math.round(Math.log2(width)), index: at / width });
    at += width;
  }
  return nodes;
}

function runRoot(run: Run, read: NodeReader): Uint8Array {
  const hashes = runNodes(run).map(({ level, index }) => read(level, index));
  return hashes.reduceRight((right, left) => nodeHash(left, right));
}

/** The largest power of two that is at most `n`, n ≥ 2. */
const largestPower = (n: number): number => {
  const below = splitPoint(n);
  return below * 2 === n ? n : below;
};
