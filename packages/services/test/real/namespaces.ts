/** Nodes in network namespaces of their own: packets lost by iptables, links cut, each by veth pairs that leave nothing. */
import { execFileSync, spawnSync } from 'node:child_process';

const ip = (...args: string[]): void => void execFileSync('ip', args, { stdio: 'pipe' });

/** One namespace per node: `10.213.<node>.2` inside, `.1` outside. */
export class Namespaces implements Disposable {
  readonly #count: number;
  readonly #tag = `ar${process.pid % 10_000}`;

  /** `loss`: share of packets dropped at random, in each direction. */
  constructor(count: number, loss: number) {
    this.#count = count;
    for (let at = 0; at < count; at++) this.#make(at, loss);
  }

  host(at: number): string {
    return `10.213.${at + 1}.2`;
  }

  /** The command that starts a process inside. */
  command(at: number): readonly string[] {
    return ['ip', 'netns', 'exec', this.#name(at)];
  }

  /** Nothing passes any more, and nobody is told. */
  partition(at: number): void {
    for (const chain of ['INPUT', 'OUTPUT']) this.#rule('-I', at, { chain, more: [] });
  }

  heal(at: number): void {
    for (const chain of ['INPUT', 'OUTPUT']) this.#rule('-D', at, { chain, more: [] });
  }

  [Symbol.dispose](): void {
    for (let at = 0; at < this.#count; at++) {
      for (const line of rules()) {
        if (line.includes(`${this.#link(at)} `)) spawnSync('iptables', line.replace('-A', '-D').split(' '));
      }
      spawnSync('ip', ['netns', 'del', this.#name(at)]);
      spawnSync('ip', ['link', 'del', this.#link(at)]);
    }
  }

  #make(at: number, loss: number): void {
    const [name, link, inner] = [this.#name(at), this.#link(at), `${this.#tag}i${at}`];
    ip('netns', 'add', name);
    ip('link', 'add', link, 'type', 'veth', 'peer', 'name', inner);
    ip('link', 'set', inner, 'netns', name);
    ip('addr', 'add', `10.213.${at + 1}.1/30`, 'dev', link);
    ip('link', 'set', link, 'up');
    ip('-n', name, 'addr', 'add', `${this.host(at)}/30`, 'dev', inner);
    ip('-n', name, 'link', 'set', inner, 'up');
    ip('-n', name, 'link', 'set', 'lo', 'up');
    const more = ['-m', 'statistic', '--mode', 'random', '--probability', String(loss)];
    for (const chain of ['INPUT', 'OUTPUT']) this.#rule('-A', at, { chain, more });
  }

  #rule(verb: string, at: number, { chain, more }: { chain: string; more: readonly string[] }): void {
    const side = chain === 'INPUT' ? '-i' : '-o';
    execFileSync('iptables', [verb, chain, side, this.#link(at), ...more, '-j', 'DROP'], { stdio: 'pipe' });
  }

  #name(at: number): string {
    return `${this.#tag}n${at}`;
  }

  #link(at: number): string {
    return `${this.#tag}o${at}`;
  }
}

function rules(): string[] {
  const { stdout } = spawnSync('iptables', ['-S'], { encoding: 'utf8' });
  return stdout.split('\n').filter((line) => line.startsWith('-A '));
}
