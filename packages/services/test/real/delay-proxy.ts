/** A TCP proxy that holds every piece back for a while, in each direction: what netem would do, where the kernel has none. */
import { createServer, connect, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';

export interface DelayProxyOptions {
  readonly host: string;
  readonly port: number;
  /** Milliseconds, and how far from them a delay may be. */
  readonly delay: number;
  readonly jitter: number;
  readonly random: () => number;
}

export class DelayProxy implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(options: DelayProxyOptions) {
    this.#server = createServer((near) => {
      const far = connect(options.port, options.host);
      this.#join(near, far, options);
      this.#join(far, near, options);
    });
  }

  static async start(options: DelayProxyOptions): Promise<DelayProxy> {
    const proxy = new DelayProxy(options);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #join(from: Socket, to: Socket, { delay, jitter, random }: DelayProxyOptions): void {
    this.#sockets.add(from);
    // Pieces of one stream stay in order, as TCP has them; streams overtake each other.
    let last = 0;
    from.on('data', (piece) => {
      const at = Math.max(last, performance.now() + delay + (random() * 2 - 1) * jitter);
      last = at;
      setTimeout(() => to.destroyed || to.write(piece), at - performance.now());
    });
    const end = (): void => void setTimeout(() => to.destroy(), delay + jitter);
    from.on('close', end);
    from.on('error', end);
  }
}
