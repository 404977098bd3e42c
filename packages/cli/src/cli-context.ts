/** What commands get from the machine: streams, clock, randomness. Tests give their own. */
import { type Clock, type Entropy, randomBytes, systemClock } from '@assay/core';
import type { ApplicationContext, StricliProcess } from '@stricli/core';

/** The world of one run. */
export interface CliContext extends ApplicationContext {
  readonly process: StricliProcess & { readonly isTTY: boolean };
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly entropy: Entropy;
  /** All of standard input. */
  readonly stdin: () => Promise<Uint8Array>;
}

/** The real one. */
export function machineContext(): CliContext {
  const { stdout, stderr, env } = process;
  return {
    process: {
      stdout: { write: (text) => stdout.write(text), getColorDepth: () => depthOf(stdout, env) },
      stderr: { write: (text) => stderr.write(text), getColorDepth: () => depthOf(stderr, env) },
      env,
      isTTY: stdout.isTTY === true,
    },
    env,
    clock: systemClock,
    entropy: { bytes: randomBytes },
    stdin: readStdin,
  };
}

/** Whether to colour what goes to `stdout`: only at a terminal, and never against NO_COLOR (no-color.org). */
export function wantsColor({ process: { isTTY }, env }: CliContext): boolean {
  return isTTY && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb';
}

function depthOf(stream: NodeJS.WriteStream, env: NodeJS.ProcessEnv): number {
  return stream.isTTY && (env['NO_COLOR'] ?? '') === '' ? stream.getColorDepth() : 1;
}

async function readStdin(): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return new Uint8Array(Buffer.concat(chunks));
}
