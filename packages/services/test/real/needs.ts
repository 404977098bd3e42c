/** What a real test needs of this machine; a test that cannot run says why, and what to install. */
import { spawnSync } from 'node:child_process';
import { it } from 'vitest';

const PACKAGES: Readonly<Record<string, string>> = {
  nbdkit: 'nbdkit',
  nbdfuse: 'libnbd-bin fuse3',
  losetup: 'mount',
  'mkfs.ext4': 'e2fsprogs',
  mount: 'mount',
  ip: 'iproute2',
  iptables: 'iptables',
};

export type Command = keyof typeof PACKAGES;

/** Why a test cannot run here; undefined when it can. */
export function missing(commands: readonly Command[]): string | undefined {
  if (process.platform !== 'linux') return 'needs Linux';
  if (commands.length > 0 && process.getuid?.() !== 0) return 'needs root';
  const absent = commands.filter((command) => spawnSync('which', [command]).status !== 0);
  const packages = absent.map((command) => PACKAGES[command] ?? command);
  return absent.length === 0 ? undefined : `apt-get install ${[...new Set(packages)].join(' ')}`;
}

/** A test that runs where it can, and elsewhere is listed as skipped with the reason. */
export function realTest(name: string, commands: readonly Command[], run: () => Promise<void>): void {
  const reason = missing(commands);
  if (reason === undefined) it(name, run);
  else it.skip(`${name} [skipped: ${reason}]`, run);
}
