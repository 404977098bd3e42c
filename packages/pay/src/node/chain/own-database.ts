/** Opens a SQLite file that is one process's alone, and whose every write survives a power cut once it returned. */
import { DatabaseSync } from 'node:sqlite';

/** What must be there, and what to say when another process has it. */
export interface OwnDatabase<Store> {
  /** Statements that make the tables where they are missing. */
  readonly schema: string;
  /** The error for a file that another process has open. */
  readonly inUse: (cause: unknown) => Error;
  /** Makes the store, and checks that the file is its own; the file is closed again when that throws. */
  readonly claim: (database: DatabaseSync) => Store;
}

/** Opens or makes the file at `path`. @throws whatever `inUse` gives, or `claim` throws */
export function openOwnDatabase<Store>(path: string, { schema, inUse, claim }: OwnDatabase<Store>): Store {
  const database = new DatabaseSync(path);
  try {
    database.exec(
      `PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; ${schema}`,
    );
  } catch (cause) {
    database.close();
    throw inUse(cause);
  }
  try {
    return claim(database);
  } catch (error) {
    database.close();
    throw error;
  }
}
