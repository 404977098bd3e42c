/**
 * Runs this library over public test vectors that are read in place: `node scripts/conformance.ts [PATH]`.
 *
 * PATH is a folder of vectors, `../shared/vectors` unless given. Prints one line per suite. Exit code 0 when every
 * check passed, 1 when one failed, 2 when there was nothing to check.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ed25519Suite } from './conformance/ed25519.ts';
import { consistencySuite, inclusionSuite } from './conformance/merkle.ts';
import type { Suite } from './conformance/suite.ts';
import { tesseraLogSuite } from './conformance/tessera-log.ts';

const SUITES: readonly { name: string; path: string; run: (path: string) => Suite }[] = [
  { name: 'RFC 6962 inclusion proofs', path: 'merkle/inclusion', run: inclusionSuite },
  { name: 'RFC 6962 consistency proofs', path: 'merkle/consistency', run: consistencySuite },
  { name: 'a C2SP log written by Tessera', path: 'tessera-log', run: tesseraLogSuite },
  { name: 'Ed25519 edge cases, Node and browser', path: 'ed25519vectors.json', run: ed25519Suite },
];

const folder = process.argv[2] ?? '../shared/vectors';
if (!existsSync(folder)) {
  console.error(`conformance: there is no folder of vectors at ${folder}.`);
  console.error('Give its path: node scripts/conformance.ts PATH');
  process.exitCode = 2;
} else {
  process.exitCode = runAll(folder);
}

/** Runs every suite whose vectors are there; a missing one counts as not checked, never as passed. */
function runAll(path: string): number {
  let failed = 0;
  let missing = 0;
  for (const { name, path: part, run } of SUITES) {
    const full = join(path, part);
    if (!existsSync(full)) {
      missing++;
      console.log(`${name}: not run, ${full} is absent`);
      continue;
    }
    const suite = run(full);
    // A suite that found nothing to check has not passed.
    failed += suite.passed + suite.failures.length === 0 ? 1 : suite.failures.length;
    console.log(`${name}: ${suite.passed} passed, ${suite.failures.length} failed`);
    for (const failure of suite.failures.slice(0, 10)) console.log(`  ${failure}`);
  }
  return failed > 0 ? 1 : missing > 0 ? 2 : 0;
}
