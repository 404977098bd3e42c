/** Runs one command line. */
import { run } from '@stricli/core';
import { buildApp } from './app.ts';
import { type CliContext, machineContext } from './cli-context.ts';

/** Exit code for a command line that cannot be understood. */
const CANNOT_TELL = 2;

/** Runs `args` and resolves to the exit code: 0 clean, 1 a finding, 2 cannot tell. */
export async function main(args: readonly string[], context: CliContext = machineContext()): Promise<number> {
  // Nothing asked is a question about what can be asked.
  const inputs = args.length === 0 ? ['--help'] : args;
  const tellProgram = inputs.includes('--json') ? context.process.stdout.write : undefined;
  await run(buildApp(tellProgram), inputs, context);
  const code = context.process.exitCode;
  // Whatever is not a command's own answer (stricli's negative codes) is a usage error or a fault of ours.
  return code === 0 || code === 1 ? code : CANNOT_TELL;
}
