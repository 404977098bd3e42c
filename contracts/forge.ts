/** `npm run test:contracts`: artifacts are what the sources compile to, then forge's tests of exactly those artifacts. */
import { buildArtifacts, differences } from './build/artifact.ts';
import { forge } from './build/forge.ts';

const found = differences(buildArtifacts());
for (const line of found) console.error(line);
if (found.length > 0) {
  console.error('run "npm run contracts:build"');
  process.exitCode = 1;
} else {
  process.exitCode = run();
}

function run(): number {
  try {
    return forge({ args: ['test', ...process.argv.slice(2)] }).status ?? 1;
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return 2;
  }
}
