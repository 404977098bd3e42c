/** Whole files that a command was given. */
import { readFileSync } from 'node:fs';
import { CliError } from '../cli-error.ts';

/** A whole file. @throws CliError `unreadable-file` */
export function readFileBytes(path: string): Uint8Array {
  try {
    return new Uint8Array(readFileSync(path));
  } catch (cause) {
    throw new CliError('unreadable-file', {
      what: `the file cannot be read: ${(cause as NodeJS.ErrnoException).code ?? String(cause)}`,
      where: path,
      cause,
    });
  }
}
