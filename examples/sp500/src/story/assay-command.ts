/** Runs the `assay` command as a user would, and shows what was typed. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const BIN = fileURLToPath(new URL('../../../../packages/cli/bin/assay.js', import.meta.url));

/** Runs `npx assay ARGS` on the network in `dir`; its output is the story's. Resolves to its exit code. */
export async function assay(dir: string, args: readonly string[]): Promise<number | null> {
  console.log(`$ npx assay ${args.map((arg) => (arg.includes(' ') ? `'${arg}'` : arg)).join(' ')}`);
  const child = spawn(process.execPath, [BIN, ...args, '--dir', dir], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  return code;
}
