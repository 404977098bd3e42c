/** Runs `assay` as a process, its output on this terminal. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const BIN = fileURLToPath(new URL('../../packages/cli/bin/assay.js', import.meta.url));

/** Resolves to the exit code. */
export async function assay(...args: readonly string[]): Promise<number | null> {
  console.log(`\n$ npx assay ${args.join(' ')}`);
  const child = spawn(process.execPath, [BIN, ...args], { stdio: 'inherit' });
  const [code] = (await once(child, 'exit')) as [number | null];
  return code;
}
