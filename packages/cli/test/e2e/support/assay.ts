/** Runs `assay` commands as a user does, but in this process: loading the program anew each time would cost more than most commands. */
import { type Clock, systemClock } from '@assay/core';
import { type CliContext, machineContext } from '../../../src/cli-context.ts';
import { main } from '../../../src/main.ts';

/** What a command said. */
export interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs `assay ARGS`. */
export const assay = (...args: readonly string[]): Promise<Said> => run(args, systemClock);

/** Runs `assay ARGS` by a clock on which every glance takes a second, so that waiting in vain is soon over. */
export const assayInHaste = (...args: readonly string[]): Promise<Said> => {
  let glances = 0;
  return run(args, { now: () => Date.now() + 1_000 * glances++ });
};

async function run(args: readonly string[], clock: Clock): Promise<Said> {
  const said = { out: '', err: '' };
  const context: CliContext = {
    ...machineContext(),
    clock,
    process: {
      stdout: { write: (text) => void (said.out += text) },
      stderr: { write: (text) => void (said.err += text) },
      env: {},
      isTTY: false,
    },
    env: {},
  };
  const code = await main(args, context);
  return { code, ...said };
}

/** Runs `assay ARGS --json` and reads the one document that it prints. */
export async function assayJson(...args: readonly string[]): Promise<{ code: number; data: unknown }> {
  const { code, out, err } = await assay(...args, '--json');
  try {
    return { code, data: JSON.parse(out) };
  } catch (cause) {
    throw new Error(`assay ${args.join(' ')} ended with ${code} and printed no JSON:\n${out}${err}`, {
      cause,
    });
  }
}
