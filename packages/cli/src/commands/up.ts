/** `assay up`: a whole local network, each role a process of its own, until it is stopped. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { anvilBinary } from '@assay/pay/node';
import { CliError } from '../cli-error.ts';
import { offlineCommand } from '../command.ts';
import { asText } from '../flags.ts';
import { NODE_FAULTS } from '../network/layout.ts';
import { planOf, type PlanAsked } from '../network/plan.ts';
import type { SupervisorEvent } from '../network/supervisor.ts';
import { bringUp, type RunningNetwork } from '../network/up.ts';
import type { Exit, Report } from '../report.ts';

interface UpFlags extends PlanAsked {
  readonly run?: string;
  readonly exit: boolean;
  readonly free?: boolean;
}

export const up = offlineCommand<UpFlags, []>({
  brief: 'Run a local network: a log, four witnesses, six storage nodes, inference nodes and a gateway',
  examples: [
    'up',
    'up --nodes 2 --port 7400 --dir /tmp/assay --free',
    'up --fault c=serve-stale:lying --run examples/sp500/src/story/main.ts',
  ],
  flags: {
    dir: {
      kind: 'parsed',
      parse: asText,
      brief: 'Folder of the network',
      default: '.assay',
      placeholder: 'DIR',
    },
    port: {
      kind: 'parsed',
      parse: asPort,
      brief: 'First port; the gateway listens there. As the folder was made, else 7400',
      optional: true,
      placeholder: 'PORT',
    },
    nodes: {
      kind: 'parsed',
      parse: asNodeCount,
      brief: 'Inference nodes, 1 to 9. As the folder was made, else 3',
      optional: true,
      placeholder: 'N',
    },
    fault: {
      kind: 'parsed',
      parse: asText,
      brief: `A node with a deliberate fault, marked in its name (${NODE_FAULTS.join(', ')}), or none`,
      variadic: true,
      optional: true,
      placeholder: 'NODE=FAULT',
    },
    run: {
      kind: 'parsed',
      parse: asText,
      brief: 'A program to run once all is up; ASSAY_DIR names the folder',
      optional: true,
      placeholder: 'FILE',
    },
    exit: {
      kind: 'boolean',
      brief: 'Stop when that program has ended, with its exit code',
      default: false,
      withNegated: false,
    },
    free: {
      kind: 'boolean',
      brief: 'Without money: no chain, and every answer is free. As the folder was made, else with money',
      optional: true,
      withNegated: false,
    },
  },
  args: { kind: 'tuple', parameters: [] },
  async run(context, flags) {
    const say = (line: string): void => context.process.stdout.write(`${line}\n`);
    const started = context.clock.now();
    const plan = planOf(flags);
    // Said before anything is made: a network keeps the plan that it began with.
    if (plan.money === true) anvilBinary();
    const running = await bringUp(plan, {
      entropy: context.entropy,
      tell: (event) => tell(event, say),
    });
    const seconds = ((context.clock.now() - started) / 1_000).toFixed(1);
    say(
      `All up in ${seconds} s: ${running.supervisor.pids.size} processes, gateway at ${running.layout.gatewayUrl}.`,
    );
    return untilStopped(running, flags, say);
  },
});

async function untilStopped(
  running: RunningNetwork,
  flags: UpFlags,
  say: (line: string) => void,
): Promise<Report> {
  const asked = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => asked.abort());
  let exit: Exit = 0;
  if (flags.run !== undefined) {
    const code = await runProgram(flags.run, running.layout.plan.dir, asked.signal);
    exit = code === 0 || code === 1 ? code : 2;
  }
  if (!asked.signal.aborted && !(flags.exit && flags.run !== undefined)) {
    const folder = flags.dir === '.assay' ? '' : ` --dir ${flags.dir}`;
    say(`The network stays up. Ctrl-C stops it; "npx assay up${folder}" goes on from where it was.`);
    await once(asked.signal, 'abort');
  }
  await running.supervisor.stop();
  return { exit, data: { gateway: running.layout.gatewayUrl, exit }, lines: [] };
}

async function runProgram(file: string, dir: string, signal: AbortSignal): Promise<number | null> {
  const child = spawn(process.execPath, [file], {
    stdio: 'inherit',
    env: { ...process.env, ASSAY_DIR: dir, NODE_NO_WARNINGS: '1', NODE_COMPILE_CACHE: resolve(dir, 'cache') },
  });
  signal.addEventListener('abort', () => child.kill('SIGTERM'));
  const [code] = (await once(child, 'exit')) as [number | null];
  return code;
}

function tell(event: SupervisorEvent, say: (line: string) => void): void {
  if (event.type === 'restarting') {
    say(`${event.name} ended with ${event.signal ?? `code ${event.code}`}; starting it again.`);
  }
}

function asPort(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port >= 1_024 && port <= 65_500) return port;
  throw new CliError('usage', { what: `"${text}" is not a port between 1024 and 65500` });
}

function asNodeCount(text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= 9) return count;
  throw new CliError('usage', { what: `"${text}" is not a number of nodes from 1 to 9` });
}
