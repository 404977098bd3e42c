import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  CompactRange,
  consistencyProof,
  leafHash,
  type NodeReader,
  signCheckpoint,
} from '../../src/index.ts';
import { formatAddCheckpoint } from '../../src/node/witness-index.ts';
import { logKey, ORIGIN } from '../pure/keys.ts';
import { openWitness, temporary } from './scene.ts';

const SHARED = 40;
const SIZE = 90;

interface Branch {
  readonly roots: readonly Uint8Array[];
  readonly node: NodeReader;
}

/** A tree whose leaves from `SHARED` on are its own. */
function branch(mark: number): Branch {
  const range = new CompactRange();
  const nodes = new Map<string, Uint8Array>();
  const roots = [range.root()];
  for (let i = 0; i < SIZE; i++) {
    const leaf = leafHash(Uint8Array.of(i < SHARED ? 0 : mark, i));
    range.append(leaf, (level, index, hash) => nodes.set(`${level}/${index}`, hash));
    roots.push(range.root());
  }
  return { roots, node: (level, index) => nodes.get(`${level}/${index}`) as Uint8Array };
}

const branches = [branch(1), branch(2)] as const;

interface Step {
  readonly on: 0 | 1;
  readonly size: number;
  /** The old size to claim; undefined for the true one. */
  readonly claim: number | undefined;
}

const size = fc.integer({ min: 0, max: SIZE });
const step: fc.Arbitrary<Step> = fc.record({
  on: fc.constantFrom<0 | 1>(0, 1),
  size,
  claim: fc.option(size, { nil: undefined, freq: 3 }),
});

describe('a witness against a model, over a log that signs two trees sharing their first 40 leaves', () => {
  it('cosigns only what extends what it cosigned before, whatever it is asked, and over restarts', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 12 }), (steps) => {
        using directory = temporary();
        let held: { on: 0 | 1; size: number } = { on: 0, size: 0 };
        for (const { on, size: next, claim } of steps) {
          using opened = openWitness(directory.path);
          const oldSize = claim ?? held.size;
          const isOneTree = on === held.on || held.size <= SHARED;
          const wanted = oldSize > next ? 400 : oldSize !== held.size ? 409 : isOneTree ? 200 : 422;
          const { roots, node } = branches[on];
          const checkpoint = signCheckpoint(
            { origin: ORIGIN, size: next, root: roots[next] as Uint8Array },
            [logKey],
            0,
          );
          // An honest proof of its own branch: only the roots can give a fork away.
          const proof = oldSize > next ? [] : consistencyProof(oldSize, next, node);
          const reply = opened.witness.addCheckpoint(formatAddCheckpoint({ oldSize, proof, checkpoint }));
          expect(reply.status).toBe(wanted);
          if (wanted === 409) expect(reply.body).toBe(`${held.size}\n`);
          if (wanted === 200) held = { on, size: next };
        }
      }),
      { numRuns: 40 },
    );
  });
});
