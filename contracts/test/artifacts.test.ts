/** Committed artifacts belong to the sources that stand here; compiling to prove it to the byte is `npm run contracts:check`. */
import { expect, it } from 'vitest';
import { ownSources, readArtifact, staleArtifacts } from '../build/artifact.ts';
import { DEPLOYABLE } from '../build/settings.ts';

it('every artifact was compiled from the sources and settings that stand here', () => {
  expect(staleArtifacts()).toEqual([]);
});

it('every source of ours is part of some artifact', () => {
  const used = new Set(
    Object.keys(DEPLOYABLE).flatMap((contract) => Object.keys(readArtifact(contract).sources)),
  );
  expect(ownSources().filter((source) => !used.has(source))).toEqual([]);
});

it('EIP-170: every contract fits a chain', () => {
  const sizes = Object.keys(DEPLOYABLE).map(
    (contract) => readArtifact(contract).deployedBytecode.length / 2 - 1,
  );
  expect(Math.max(...sizes)).toBeLessThanOrEqual(24_576);
});
