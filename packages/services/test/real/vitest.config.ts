/** The real lane (Linux, root): `npm run test:real`. Faults of the operating system under real processes; beside the gate. */
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    root: fileURLToPath(new URL('../../../..', import.meta.url)),
    include: ['packages/services/test/real/*.lane.ts'],
    fileParallelism: false,
    // Real faults on a loaded machine take the time they take; 200 power cuts take half an hour.
    testTimeout: 3_600_000,
    hookTimeout: 180_000,
  },
});
