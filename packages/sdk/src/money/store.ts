/** Where a client keeps what it must remember of its money; in memory unless a better place is given. */

/** Texts by key. Each `set` must be kept before it resolves. */
export interface MoneyStore {
  get(key: string): Promise<string | undefined>;
  set(key: string, value: string): Promise<void>;
}

/** Forgets with the process. What a client forgets, its gateway and the chain still know. */
export function memoryStore(): MoneyStore {
  const texts = new Map<string, string>();
  return {
    get: (key) => Promise.resolve(texts.get(key)),
    set: (key, value) => {
      texts.set(key, value);
      return Promise.resolve();
    },
  };
}
