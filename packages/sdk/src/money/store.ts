/** Where a client keeps what it must remember of its money; in memory unless a better place is given. */

/** Texts by key. Each `set` and `delete` must be kept before it resolves; that of one key never touches another's text. */
export interface MoneyStore {
  get(key: string): Promise<string | undefined>;
  set(key: string, value: string): Promise<void>;
  /** Forgets a text; one that is not there is forgotten already. */
  delete(key: string): Promise<void>;
  /** Keys that begin with `prefix`, ascending by their characters. */
  keys(prefix: string): Promise<readonly string[]>;
}

/** Forgets with the process. What a client forgets, its gateway and the chain still know; what it could prove is lost. */
export function memoryStore(): MoneyStore {
  const texts = new Map<string, string>();
  return {
    get: (key) => Promise.resolve(texts.get(key)),
    set: (key, value) => {
      texts.set(key, value);
      return Promise.resolve();
    },
    delete: (key) => {
      texts.delete(key);
      return Promise.resolve();
    },
    keys: (prefix) => Promise.resolve([...texts.keys()].filter((key) => key.startsWith(prefix)).toSorted()),
  };
}
