/** Something to measure beside ours: there, or not run and why. */

export interface Peer extends AsyncDisposable {
  readonly name: string;
  /** Stores the file at `path`, and what the peer calls stored has happened when it resolves. */
  write(path: string): Promise<void>;
  /** CPU seconds its own processes have used since they started; what this process uses for it comes on top. */
  cpu(): number;
}

export type PeerOrReason = Peer | { readonly notRun: string };

/** Loads a package of bench/package.json; undefined when it is not installed. */
export async function optional(name: string): Promise<Record<string, unknown> | undefined> {
  try {
    return (await import(name)) as Record<string, unknown>;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND') return undefined;
    throw error;
  }
}
