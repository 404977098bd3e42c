/** GlusterFS disperse 4 + 2 on six bricks of this machine (Debian `glusterfs-server`; root), written with an fsync at the end. */
import { execFile, spawnSync } from 'node:child_process';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cpuSeconds } from '../gateway/process-cpu.ts';
import type { PeerOrReason } from './peer.ts';

const run = promisify(execFile);
/** Bricks may not lie at a loopback address: a pair of virtual interfaces gives one that never leaves this machine. */
const [LINK, ADDRESS, VOLUME] = ['assay-bench0', '10.213.77.1', 'assay-bench'];

export async function gluster(directory: string): Promise<PeerOrReason> {
  if (process.getuid?.() !== 0) return { notRun: 'needs root' };
  if (spawnSync('gluster', ['--version']).status !== 0) return { notRun: 'install Debian glusterfs-server' };
  const mount = join(directory, 'mount');
  try {
    await addAddress();
    // The daemon reads its addresses when it starts.
    if (spawnSync('gluster', ['--mode=script', 'pool', 'list']).status !== 0) await run('glusterd', []);
    await volume(directory);
    await mkdir(mount, { recursive: true });
    await patiently(() => run('mount', ['-t', 'glusterfs', `${ADDRESS}:/${VOLUME}`, mount]));
  } catch (error) {
    await remove(mount);
    return { notRun: `could not be set up: ${(error as Error).message.split('\n')[0]}` };
  }
  return {
    name: 'GlusterFS disperse 4+2, fsync',
    write: async (path) => {
      const out = join(mount, 'file');
      await run('dd', [`if=${path}`, `of=${out}`, 'bs=1M', 'conv=fsync', 'status=none']);
      await rm(out);
    },
    cpu: () => secondsOf(['glusterfsd', 'glusterfs']),
    [Symbol.asyncDispose]: () => remove(mount),
  };
}

/** CPU seconds of all processes with these names. */
function secondsOf(names: readonly string[]): number {
  const pids = names.flatMap((name) =>
    spawnSync('pgrep', ['-x', name], { encoding: 'utf8' }).stdout.split('\n'),
  );
  return pids.filter((pid) => pid !== '').reduce((sum, pid) => sum + (cpuSeconds(Number(pid)) ?? 0), 0);
}

async function addAddress(): Promise<void> {
  if (spawnSync('ip', ['link', 'show', LINK]).status === 0) return;
  await run('ip', ['link', 'add', LINK, 'type', 'veth', 'peer', 'name', 'assay-bench1']);
  await run('ip', ['addr', 'add', `${ADDRESS}/30`, 'dev', LINK]);
  for (const name of [LINK, 'assay-bench1']) await run('ip', ['link', 'set', name, 'up']);
}

async function volume(directory: string): Promise<void> {
  const bricks = Array.from({ length: 6 }, (_, i) => `${ADDRESS}:${join(directory, `brick-${i}`)}`);
  for (let i = 0; i < 6; i++) await mkdir(join(directory, `brick-${i}`), { recursive: true });
  await patiently(() => ask('create', 'disperse', '6', 'redundancy', '2', ...bricks, 'force'));
  await ask('start');
}

const ask = (verb: string, ...rest: string[]): Promise<unknown> =>
  run('gluster', ['--mode=script', 'volume', verb, VOLUME, ...rest]);

/** The daemon takes a while to be there. */
async function patiently(attempt: () => Promise<unknown>): Promise<void> {
  for (let left = 10; ; left--) {
    try {
      await attempt();
      return;
    } catch (error) {
      if (left === 0) throw error;
      await new Promise((resolve) => setTimeout(resolve, 1_000));
    }
  }
}

async function remove(mount: string): Promise<void> {
  spawnSync('umount', [mount]);
  spawnSync('gluster', ['--mode=script', 'volume', 'stop', VOLUME, 'force']);
  spawnSync('gluster', ['--mode=script', 'volume', 'delete', VOLUME]);
  spawnSync('ip', ['link', 'del', LINK]);
}
