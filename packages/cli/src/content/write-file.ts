/** Files that commands write for people, with an error that says which one cannot be written. */
import { writeFileSync } from 'node:fs';
import { CliError } from '../cli-error.ts';

/** Writes a whole file. @throws CliError `unwritable-file` */
export function writeFile(path: string, content: string | Uint8Array): void {
  writing(path, () => writeFileSync(path, content));
}

/** Does `write`, and says which file it was about when it fails. @throws CliError `unwritable-file` */
export function writing<T>(path: string, write: () => T): T {
  try {
    return write();
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code;
    if (reason === undefined) throw cause;
    throw new CliError('unwritable-file', {
      what: `the file cannot be written: ${reason}`,
      where: path,
      fix: 'Name a file in a folder that is there and yours.',
      cause,
    });
  }
}
