/** Compiles the contracts into committed artifacts; with --check, says whether the committed ones are what the sources give. */
import { buildArtifacts, differences, writeArtifacts } from './build/artifact.ts';

const artifacts = buildArtifacts();
if (process.argv.includes('--check')) {
  const found = differences(artifacts);
  for (const line of found) console.error(line);
  console.log(
    found.length === 0
      ? `${artifacts.length} artifacts are what the sources compile to`
      : 'run "node contracts/compile.ts"',
  );
  process.exitCode = found.length === 0 ? 0 : 1;
} else {
  writeArtifacts(artifacts);
  for (const { contract, deployedBytecode } of artifacts) {
    console.log(`${contract}: ${deployedBytecode.length / 2 - 1} bytes`);
  }
}
