/** A process of the bench that answers questions, so that what is measured shares no event loop with what measures. */
import { type ChildProcess, fork } from 'node:child_process';

type Task = (...args: never[]) => unknown;

/** The asking side. */
export class Child {
  readonly #process: ChildProcess;
  readonly #open = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void }>();
  #next = 0;

  constructor(file: URL, args: readonly string[]) {
    this.#process = fork(file, args);
    this.#process.on('message', ({ id, value, error }: { id: number; value: never; error?: string }) => {
      const waiting = this.#open.get(id);
      this.#open.delete(id);
      if (error === undefined) waiting?.resolve(value);
      else waiting?.reject(new Error(error));
    });
    this.#process.once('exit', (code) => {
      for (const { reject } of this.#open.values()) reject(new Error(`${file.pathname} ended with ${code}`));
    });
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  /** Has it do a task by name. */
  ask<T>(task: string, ...args: unknown[]): Promise<T> {
    const id = this.#next++;
    return new Promise<T>((resolve, reject) => {
      this.#open.set(id, { resolve, reject });
      this.#process.send({ id, task, args });
    });
  }

  stop(): void {
    this.#process.disconnect();
  }
}

/** The answering side: serves `tasks` to whoever forked this process. */
export function answer(tasks: Readonly<Record<string, Task>>): void {
  process.on('message', ({ id, task, args }: { id: number; task: string; args: never[] }) => {
    Promise.resolve()
      .then(() => tasks[task]!(...args))
      .then(
        (value) => process.send!({ id, value }),
        (error: Error) => process.send!({ id, error: error.stack ?? error.message }),
      );
  });
  process.on('disconnect', () => process.exit());
}
