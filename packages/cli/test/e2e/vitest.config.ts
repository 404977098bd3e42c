/** The longer lane, beside the gate: `vitest run --config packages/cli/test/e2e/vitest.config.ts` from the repository's root. */
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    root: fileURLToPath(new URL('../../../..', import.meta.url)),
    include: ['packages/cli/test/e2e/*.lane.ts', 'packages/services/test/settler/*.lane.ts'],
    fileParallelism: false,
    testTimeout: 240_000,
    hookTimeout: 240_000,
  },
});
