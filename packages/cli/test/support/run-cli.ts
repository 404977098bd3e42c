/** Runs a command line in this process, with streams that are kept instead of shown. */
import { randomBytes, systemClock, utf8 } from '@assay/core';
import type { CliContext } from '../../src/cli-context.ts';
import { main } from '../../src/main.ts';

/** What a command line left behind. */
export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  /** Standard output as JSON. */
  readonly json: () => unknown;
}

/** Runs `args`; `stdin` is what the command may read. */
export async function runCli(args: readonly string[], stdin = ''): Promise<Ran> {
  let [out, err] = ['', ''];
  const context: CliContext = {
    process: {
      stdout: {
        write: (text) => {
          out += text;
        },
      },
      stderr: {
        write: (text) => {
          err += text;
        },
      },
      env: {},
      isTTY: false,
    },
    env: {},
    clock: systemClock,
    entropy: { bytes: randomBytes },
    stdin: async () => utf8(stdin),
  };
  const code = await main(args, context);
  return { code, out, err, json: () => JSON.parse(out) as unknown };
}
