/** `@tus/server` with its file store in a process of its own, sent 64 MiB at a time: no redundancy, no hash, no fsync. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream, statSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { cpuSeconds } from '../gateway/process-cpu.ts';
import { optional, type PeerOrReason } from './peer.ts';
import { MIB } from './stats.ts';

const SERVER = fileURLToPath(new URL('./tus-server.ts', import.meta.url));

/** The part of tus-js-client that is used. */
type Upload = new (
  body: NodeJS.ReadableStream,
  options: {
    endpoint: string;
    chunkSize: number;
    uploadSize: number;
    onSuccess: () => void;
    onError: (error: Error) => void;
  },
) => { start(): void };

export async function tus(directory: string): Promise<PeerOrReason> {
  const client = await optional('tus-js-client');
  if (client === undefined || (await optional('@tus/server')) === undefined)
    return { notRun: 'npm install --prefix bench --ignore-scripts' };
  const Upload = (client['Upload'] ?? (client['default'] as Record<string, unknown>)['Upload']) as Upload;
  await mkdir(directory, { recursive: true });
  const server = spawn(process.execPath, [SERVER, directory], { stdio: ['ignore', 'pipe', 'ignore'] });
  const [port] = (await once(createInterface({ input: server.stdout }), 'line')) as [string];
  const endpoint = `http://127.0.0.1:${port}/files`;
  return {
    name: '@tus/server, 64 MiB chunks',
    write: (path) =>
      new Promise((resolve, reject) => {
        const uploadSize = statSync(path).size;
        const options = { endpoint, chunkSize: 64 * MIB, uploadSize, onSuccess: resolve, onError: reject };
        new Upload(createReadStream(path, { highWaterMark: MIB }), options).start();
      }),
    cpu: () => cpuSeconds(server.pid ?? 0) ?? 0,
    [Symbol.asyncDispose]: () => end(server, directory),
  };
}

async function end(server: ChildProcess, directory: string): Promise<void> {
  const exited = once(server, 'exit');
  server.kill('SIGKILL');
  await exited;
  await rm(directory, { recursive: true });
}
