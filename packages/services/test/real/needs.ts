/** What a real test needs of this machine; a test that cannot run says why, and what to install. */
import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { it } from 'vitest';

const PACKAGES: Readonly<Record<string, string>> = {
  nbdkit: 'nbdkit',
  nbdfuse: 'libnbd-bin fuse3',
  losetup: 'mount',
  'mkfs.ext4': 'e2fsprogs',
  mount: 'mount',
  ip: 'iproute2',
  iptables: 'iptables',
  gcc: 'gcc libc6-dev',
  'libnetfilter-queue': 'libnetfilter-queue-dev',
};

/** What is no command of its own: the header by which a program is compiled against it. */
const HEADERS: Readonly<Record<string, string>> = {
  'libnetfilter-queue': '/usr/include/libnetfilter_queue/libnetfilter_queue.h',
};

/** What the kernel itself must have: a program that is installed proves nothing about it. */
const FEATURES: Readonly<Record<string, () => boolean>> = {
  fuse: () => opens('/dev/fuse'),
  loop: () => opens('/dev/loop-control'),
  ext4: () => hasFileSystem('ext4'),
  tmpfs: () => hasFileSystem('tmpfs'),
  'network namespaces and veth': () => {
    const name = `assay-probe-${process.pid}`;
    const made = runs('ip', ['netns', 'add', name]);
    const linked =
      made && runs('ip', ['-n', name, 'link', 'add', 'probe0', 'type', 'veth', 'peer', 'name', 'probe1']);
    if (made) runs('ip', ['netns', 'del', name]);
    return linked;
  },
  'iptables NFQUEUE': () => {
    // A chain of its own, which nothing passes through.
    const chain = `ASSAY-PROBE-${process.pid}`;
    if (!runs('iptables', ['-N', chain])) return false;
    const taken = runs('iptables', ['-A', chain, '-j', 'NFQUEUE', '--queue-num', '0']);
    for (const verb of ['-F', '-X']) runs('iptables', [verb, chain]);
    return taken;
  },
};

/** Why a test cannot run here; undefined when it can. Each need is a command, a library or one of the features above. */
export function missing(needs: readonly string[]): string | undefined {
  if (process.platform !== 'linux') return 'needs Linux';
  if (needs.length > 0 && process.getuid?.() !== 0) return 'needs root';
  const commands = needs.filter((need) => !Object.hasOwn(FEATURES, need));
  const absent = commands.filter((command) => !isInstalled(command));
  const packages = absent.map((command) => PACKAGES[command] ?? command);
  if (absent.length > 0) return `apt-get install ${[...new Set(packages)].join(' ')}`;
  const lacking = needs.filter((need) => FEATURES[need]?.() === false);
  return lacking.length === 0 ? undefined : `this kernel has no ${lacking.join(', no ')}`;
}

/**
 * A test that runs where it can. Elsewhere it is skipped, and says so on standard error too; with ASSAY_STRICT=1 it fails
 * instead, so that nobody takes a lane for passed that did not run.
 */
export function realTest(name: string, needs: readonly string[], run: () => Promise<void>): void {
  const reason = missing(needs);
  if (reason === undefined) return it(name, run);
  const said = `not run: ${name} [${reason}]`;
  process.stderr.write(`${said}\n`);
  if (process.env['ASSAY_STRICT'] === '1') it(name, () => Promise.reject(new Error(said)));
  else it.skip(said, run);
}

function isInstalled(need: string): boolean {
  const header = HEADERS[need];
  return header === undefined ? spawnSync('which', [need]).status === 0 : existsSync(header);
}

function opens(path: string): boolean {
  try {
    closeSync(openSync(path, 'r+'));
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EBUSY';
  }
}

const hasFileSystem = (name: string): boolean =>
  readFileSync('/proc/filesystems', 'utf8').split(/\s+/).includes(name);

const runs = (command: string, args: readonly string[]): boolean => spawnSync(command, args).status === 0;
