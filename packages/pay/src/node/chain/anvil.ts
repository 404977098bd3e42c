/** Anvil as a child process that never outlives us. What it holds is in memory only; see embedded-chain.ts. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { anvilBinary } from './anvil-binary.ts';
import { ChainError } from './errors.ts';
import { type Rpc, rpcClient } from './rpc.ts';

/** How anvil is started. */
export interface AnvilOptions {
  readonly chainId: number;
  /** Port on 127.0.0.1; 0 takes a free one. */
  readonly port?: number;
  /** More command line arguments. */
  readonly args?: readonly string[];
  /** Path of the binary; found when absent. */
  readonly binary?: string;
}

/** A running anvil. */
export interface Anvil {
  readonly rpc: Rpc;
  readonly pid: number;
  /** Resolves when it has ended, however that came. */
  readonly ended: Promise<void>;
  /** Kills it; its state goes with it. */
  stop(): Promise<void>;
}

/** The embedded chain's id. */
export const EMBEDDED_CHAIN_ID = 31_337;

/** Ids of chains with real money: a signature made on a development chain must mean nothing there. */
const PUBLIC_CHAIN_IDS: ReadonlySet<number> = new Set([1, 10, 56, 137, 8_453, 42_161, 84_532, 11_155_111]);

const READY_TIMEOUT_MS = 20_000;

// The shell becomes anvil. The helper it leaves behind waits for the end of a pipe whose other end is ours alone, and
// then kills anvil: the kernel closes that pipe however we die, and Node has no other way to tie a child to us.
const TIED =
  'exec 3<&0; me=$$; { cat <&3; kill -KILL $me; } >/dev/null 2>&1 & exec "$0" "$@" </dev/null 3<&-';

/**
 * Starts anvil and resolves once it answers.
 *
 * @throws ChainError `binary-missing` | `not-ready` | `public-chain-id`
 */
export async function startAnvil(options: AnvilOptions): Promise<Anvil> {
  const { chainId, port = 0, args = [] } = options;
  refusePublicChainId(chainId);
  const binary = options.binary ?? anvilBinary();
  const flags = ['--host', '127.0.0.1', '--port', String(port), '--chain-id', String(chainId)];
  const own = ['--order', 'fifo', '--accounts', '2', '--no-cors', '--no-request-size-limit'];
  const child = spawn('/bin/sh', ['-c', TIED, binary, ...flags, ...own, ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  // Its helper must not wait for a process id that may by then be somebody else's.
  void ended.then(() => child.stdin.destroy());
  child.stdin.on('error', () => undefined);
  const url = await listening(child, ended);
  const rpc = rpcClient(url);
  return {
    rpc,
    pid: child.pid ?? 0,
    ended,
    stop: async () => {
      rpc.close();
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** @throws ChainError `public-chain-id` */
export function refusePublicChainId(chainId: number): void {
  if (!PUBLIC_CHAIN_IDS.has(chainId)) return;
  throw new ChainError('public-chain-id', {
    what: `${chainId} is the id of a chain with real money`,
    fix: `Give the embedded chain another id, such as ${EMBEDDED_CHAIN_ID}.`,
  });
}

async function listening(child: ChildProcess, ended: Promise<void>): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null) continue;
    createInterface({ input: stream }).on('line', (line) => {
      // Kept short: it goes on talking for as long as it lives.
      if (said.length < 2_000) said += `${line}\n`;
      const [, address] = /^Listening on (\S+)$/.exec(line) ?? [];
      if (address !== undefined) resolve(`http://${address}`);
    });
  }
  const notReady = (what: string): void =>
    reject(new ChainError('not-ready', { what, where: 'anvil', fix: `It said: ${said.slice(-400).trim()}` }));
  const timer = setTimeout(
    () => notReady(`anvil did not listen within ${READY_TIMEOUT_MS} ms`),
    READY_TIMEOUT_MS,
  );
  void ended.then(() => notReady('anvil ended before it listened'));
  try {
    return await promise;
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  } finally {
    clearTimeout(timer);
  }
}
