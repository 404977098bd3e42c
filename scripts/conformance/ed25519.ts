/** The edge-case signatures of C2SP/CCTV on which verifiers disagree: one verdict here, on Node and in the browser. */
import { readFileSync } from 'node:fs';
import { ed25519Verify, fromHex, passesStrictRule, utf8 } from '@assay/core';
import * as browser from '../../packages/core/src/platform/browser.ts';
import * as node from '../../packages/core/src/platform/node.ts';
import { must, Suite } from './suite.ts';

interface Vector {
  readonly number: number;
  readonly key: string;
  readonly sig: string;
  readonly msg: string;
  readonly flags: readonly string[] | null;
}

/** What PROTOCOL 1.3 refuses, in the vectors' own words; a residue of low order fails the cofactorless equation. */
const REFUSED = ['low_order_A', 'low_order_R', 'non_canonical_A', 'non_canonical_R', 'low_order_residue'];

export function ed25519Suite(file: string): Suite {
  const suite = new Suite();
  for (const vector of JSON.parse(readFileSync(file, 'utf8')) as Vector[]) {
    const [key, signature, message] = [fromHex(vector.key), fromHex(vector.sig), utf8(vector.msg)];
    const wanted = !REFUSED.some((flag) => vector.flags?.includes(flag) === true);
    suite.accepts(`signature ${vector.number} (${vector.flags?.join(', ') ?? 'plain'})`, () => {
      must(ed25519Verify(key, message, signature) === wanted, `must be ${wanted}`);
      for (const [name, platform] of [
        ['Node', node],
        ['browser', browser],
      ] as const) {
        const verdict =
          passesStrictRule(key, signature) && platform.ed25519VerifyRaw(key, message, signature);
        must(verdict === wanted, `must be ${wanted} on the ${name} platform`);
      }
    });
  }
  return suite;
}
