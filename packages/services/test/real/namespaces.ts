/**
 * Parties in network namespaces of their own, joined by a router in another one: every packet between two of them is
 * forwarded there, and that is where rules and faults are. The machine's own network is left as it is, and nothing stays.
 */
import { execFileSync, spawnSync } from 'node:child_process';

const ip = (...args: string[]): void => void execFileSync('ip', args, { stdio: 'pipe' });

/** Parties 0 to `count - 1`; party n has `10.213.<n+1>.2`, and the router `.1` on its link. */
export class Namespaces implements Disposable {
  readonly #count: number;
  readonly #router: string;

  constructor(count: number) {
    this.#count = count;
    this.#router = `assay-real-${process.pid}`;
    try {
      ip('netns', 'add', this.#router);
      this.inRouter('sh', '-c', 'echo 1 > /proc/sys/net/ipv4/ip_forward');
      for (let at = 0; at < count; at++) this.#join(at);
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  host(at: number): string {
    return `10.213.${at + 1}.2`;
  }

  /** The command that starts a process at a party; without one, at the router. */
  command(at?: number): readonly string[] {
    return ['ip', 'netns', 'exec', at === undefined ? this.#router : this.#name(at)];
  }

  /** Runs a command at the router to its end. */
  inRouter(...command: string[]): void {
    const [program = '', ...args] = [...this.command(), ...command];
    execFileSync(program, args, { stdio: 'pipe' });
  }

  /** Nothing passes to or from a party any more, and nobody is told. */
  partition(at: number): void {
    for (const side of ['-i', '-o']) this.#drop('-I', side, at);
  }

  heal(at: number): void {
    for (const side of ['-i', '-o']) this.#drop('-D', side, at);
  }

  [Symbol.dispose](): void {
    for (let at = 0; at < this.#count; at++) spawnSync('ip', ['netns', 'del', this.#name(at)]);
    spawnSync('ip', ['netns', 'del', this.#router]);
  }

  #join(at: number): void {
    const [name, link] = [this.#name(at), `link${at}`];
    ip('netns', 'add', name);
    ip('-n', this.#router, 'link', 'add', link, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name);
    ip('-n', this.#router, 'addr', 'add', `10.213.${at + 1}.1/30`, 'dev', link);
    ip('-n', this.#router, 'link', 'set', link, 'up');
    ip('-n', name, 'addr', 'add', `${this.host(at)}/30`, 'dev', 'eth0');
    ip('-n', name, 'link', 'set', 'eth0', 'up');
    ip('-n', name, 'link', 'set', 'lo', 'up');
    ip('-n', name, 'route', 'add', 'default', 'via', `10.213.${at + 1}.1`);
  }

  #drop(verb: string, side: string, at: number): void {
    this.inRouter('iptables', verb, 'FORWARD', side, `link${at}`, '-j', 'DROP');
  }

  #name(at: number): string {
    return `${this.#router}-${at}`;
  }
}
