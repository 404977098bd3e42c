/**
 * An ext4 file system whose power can be cut: nbdkit holds writes in its cache until they are flushed, nbdfuse and a loop
 * device make that a disk, and kill -9 of nbdkit loses whatever no fdatasync had asked for.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export class PowerDisk implements AsyncDisposable {
  /** Where the file system is mounted. */
  readonly mount: string;
  readonly #root: string;
  readonly #bytes: number;
  #server: ChildProcess | undefined;
  #bridge: ChildProcess | undefined;
  #loop: string | undefined;

  private constructor(root: string, bytes: number) {
    this.#root = root;
    this.#bytes = bytes;
    this.mount = join(root, 'mount');
    for (const name of ['mount', 'fuse']) mkdirSync(join(root, name), { recursive: true });
    writeFileSync(join(root, 'image'), '');
    truncateSync(join(root, 'image'), bytes);
  }

  /** Makes a disk of `bytes` below `root`, formatted and mounted. */
  static async make(root: string, bytes: number): Promise<PowerDisk> {
    const disk = new PowerDisk(root, bytes);
    await disk.#attach();
    execFileSync('mkfs.ext4', ['-q', '-F', disk.#loop as string]);
    execFileSync('mount', [disk.#loop as string, disk.mount]);
    return disk;
  }

  /** Cuts the power at once. Whatever runs on the disk has to be killed by its owner. */
  async cut(): Promise<void> {
    await kill(this.#server);
    await this.#detach();
  }

  /** Power is back: the file system is mounted again, and its own journal replayed. */
  async restore(): Promise<void> {
    await this.#attach();
    execFileSync('mount', [this.#loop as string, this.mount]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    spawnSync('umount', [this.mount]);
    await this.#detach();
    await kill(this.#server);
  }

  async #attach(): Promise<void> {
    const socket = join(this.#root, 'socket');
    const device = join(this.#root, 'fuse', 'nbd');
    spawnSync('rm', ['-f', socket]);
    const image = join(this.#root, 'image');
    const options = ['-f', '--filter=cache', '-U', socket, 'file', image, 'cache=writeback'];
    this.#server = spawn('nbdkit', options, { stdio: 'ignore' });
    await until(() => existsSync(socket));
    if (!existsSync(device)) writeFileSync(device, '');
    this.#bridge = spawn('nbdfuse', [device, '--unix', socket], { stdio: 'ignore' });
    await until(() => statSync(device).size === this.#bytes);
    this.#loop = execFileSync('losetup', ['-f', '--show', device], { encoding: 'utf8' }).trim();
  }

  async #detach(): Promise<void> {
    spawnSync('umount', ['-l', this.mount]);
    if (this.#loop !== undefined) spawnSync('losetup', ['-d', this.#loop]);
    await kill(this.#bridge);
    spawnSync('umount', ['-l', join(this.#root, 'fuse', 'nbd')]);
    this.#bridge = undefined;
  }
}

async function kill(child: ChildProcess | undefined): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

async function until(condition: () => boolean): Promise<void> {
  for (let left = 600; !condition(); left--) {
    if (left === 0) throw new Error('the disk did not come up within 30 s');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
