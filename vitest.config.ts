import { defineConfig } from 'vitest/config';

/** Tests that start processes of their own: one file at a time, so that a loaded machine does not time them out. */
const PROCESSES = [
  'packages/services/test/**/*.test.ts',
  'packages/cli/test/**/*.test.ts',
  'packages/log/test/**/*.test.ts',
  'packages/pay/test/chain/**/*.test.ts',
  'contracts/test/**/*.test.ts',
  'packages/sdk/test/**/*.test.ts',
];

const shared = { pool: 'threads', isolate: false, testTimeout: 60_000, hookTimeout: 180_000 } as const;

export default defineConfig({
  test: {
    reporters: ['default', './scripts/tally-reporter.ts'],
    projects: [
      {
        test: {
          ...shared,
          name: 'rooms',
          include: ['packages/*/test/**/*.test.ts', 'examples/*/test/**/*.test.ts'],
          exclude: PROCESSES,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          ...shared,
          name: 'processes',
          include: PROCESSES,
          // A dozen processes on a shared machine: a test that fails once and then passes is printed as retried, not hidden.
          retry: process.env['CI'] === 'true' ? 1 : 0,
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
