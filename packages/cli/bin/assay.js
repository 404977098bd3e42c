#!/usr/bin/env node
// The entry of the command `assay`. Plain JavaScript: an old Node must get a sentence, not a syntax error.
const major = Number(process.versions.node.split('.')[0]);

if (major >= 24) {
  // Types are stripped once and not at each start: that is most of what a short command would do.
  const { enableCompileCache } = await import('node:module');
  enableCompileCache();
  const { main } = await import('../src/main.ts');
  process.exitCode = await main(process.argv.slice(2));
} else {
  console.error(
    `assay needs Node 24 or newer, and this is Node ${process.versions.node}.\n` +
      'The project brings its own: run "npx assay ..." or "npm run assay -- ..." inside it, after "npm ci".\n' +
      'On a platform without a packaged Node, install Node 24 from https://nodejs.org.',
  );
  process.exitCode = 2;
}
