/** JSON files that people wrote, read strictly. */
import { AssayError, type Json, parseJson } from '@assay/core';
import { CliError } from '../cli-error.ts';
import { readFileBytes } from './read-file.ts';

/** The value in a file. @throws CliError `unreadable-file` */
export function readJsonFile(path: string): Json {
  return parseJsonBytes(readFileBytes(path), path);
}

/** The value of JSON bytes that came from `where`. @throws CliError `unreadable-file` */
export function parseJsonBytes(bytes: Uint8Array, where: string): Json {
  try {
    return parseJson(bytes);
  } catch (cause) {
    if (!(cause instanceof AssayError)) throw cause;
    throw new CliError('unreadable-file', { what: `not JSON: ${cause.what}`, where, cause });
  }
}
