/** What a wallet's client must remember, in one file per wallet; written aside and renamed, so that a crash leaves the old or the new. */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { MoneyStore } from '../money/store.ts';

/** A store in a file; made if absent. Its owner alone may read it. */
export class FileStore implements MoneyStore {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  get(key: string): Promise<string | undefined> {
    return Promise.resolve(this.#read()[key]);
  }

  set(key: string, value: string): Promise<void> {
    mkdirSync(dirname(this.#path), { recursive: true });
    // Read again each time: another command may have written meanwhile.
    const text = JSON.stringify({ ...this.#read(), [key]: value });
    writeFileSync(`${this.#path}.new`, text, { mode: 0o600 });
    renameSync(`${this.#path}.new`, this.#path);
    return Promise.resolve();
  }

  #read(): Record<string, string> {
    return existsSync(this.#path)
      ? (JSON.parse(readFileSync(this.#path, 'utf8')) as Record<string, string>)
      : {};
  }
}
