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
    this.#server = createServer({ allowHalfOpen: true }, (near) => {
      const far = connect({ host: options.host, port: options.port, allowHalfOpen: true });
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

  /** Streams overtake each other; within one the pieces stay in order, its end included, as TCP has them. */
  #join(from: Socket, to: Socket, { delay, jitter, random }: DelayProxyOptions): void {
    this.#sockets.add(from);
    const line = new DelayLine(() => delay + (random() * 2 - 1) * jitter);
    from.on('data', (piece) => line.send(() => to.destroyed || to.write(piece)));
    from.on('end', () => line.send(() => to.end()));
    from.on('error', () => line.send(() => to.destroy()));
    from.on('close', () => {
      this.#sockets.delete(from);
      line.send(() => to.end());
    });
  }
}

/** Does things later, each not before the one that was sent before it: two timers may fire in either order. */
class DelayLine {
  readonly #delay: () => number;
  readonly #queue: { readonly at: number; readonly run: () => void }[] = [];
  #running = false;

  constructor(delay: () => number) {
    this.#delay = delay;
  }

  send(run: () => void): void {
    this.#queue.push({ at: performance.now() + this.#delay(), run });
    if (!this.#running) this.#next();
  }

  #next(): void {
    for (let first = this.#queue[0]; first !== undefined; first = this.#queue[0]) {
      const left = first.at - performance.now();
      if (left > 0) {
        this.#running = true;
        setTimeout(() => this.#next(), left);
        return;
      }
      this.#queue.shift();
      first.run();
    }
    this.#running = false;
  }
}
