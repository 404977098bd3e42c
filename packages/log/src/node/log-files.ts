/** The file port: everything the appender asks of a disk, and what each call promises across a power cut. */

/**
 * Files of one log, by `/`-separated paths relative to its directory.
 *
 * Three strengths of promise, and every caller says which it relies on:
 * - *visible*: later reads by any process see it. All calls below give at least this when they resolve.
 * - *atomic*: a reader sees the old content or the new, never a mixture. `replace` gives this while the power holds.
 * - *durable*: it survives a power cut. Only `AppendFile.datasync`, `create` (the name), `sync` and `remove` give this.
 *
 * A call that rejects may have done all, some or none of its work. After a failed `datasync` or `sync` the content
 * must be taken as lost even if a retry succeeds (the kernel drops the dirty pages); callers stop instead.
 */
export interface LogFiles {
  /** The whole content, or undefined when there is no such file. */
  read(path: string): Promise<Uint8Array | undefined>;

  /** Names in a directory, sorted; empty when there is none. Directories end in `/`. */
  list(directory: string): Promise<readonly string[]>;

  /** Creates a file for appending, its name durable. Undefined when the name is already taken (nothing is changed). */
  create(path: string): Promise<AppendFile | undefined>;

  /** Writes beside and renames over. Visible and atomic; after a power cut: old, new, torn, empty or absent. */
  replace(path: string, bytes: Uint8Array): Promise<void>;

  /** Makes the content and the names of existing files durable. */
  sync(paths: readonly string[]): Promise<void>;

  /** Removes files, and directories with everything in them. Absent ones are fine. Durable. */
  remove(paths: readonly string[]): Promise<void>;
}

/** A file that only grows. One writer. */
export interface AppendFile {
  /** Adds bytes at the end: visible, not durable. A crash here leaves any prefix of them. */
  append(bytes: Uint8Array): Promise<void>;

  /** Bytes as the file system holds them now, never from a buffer of ours. */
  readBack(offset: number, length: number): Promise<Uint8Array>;

  /** Makes everything appended so far durable (fdatasync). */
  datasync(): Promise<void>;

  close(): Promise<void>;
}
