/** Reads a process's configuration file and says what is wrong with it in one sentence. */
import { readFileSync } from 'node:fs';
import { AssayError } from '@assay/core';
import type { z } from 'zod';

/** A configuration file that is missing or does not fit. */
export class ConfigError extends AssayError<'unreadable' | 'schema'> {}

/** The value in the JSON file at `path`, checked. @throws ConfigError */
export function readConfigFile<T>(path: string, schema: z.ZodType<T>): T {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new ConfigError('unreadable', { what: 'expected a JSON file', where: path, cause });
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new ConfigError('schema', {
    what: issue?.message ?? 'does not fit',
    where: `${path}: ${issue?.path.join('.') ?? ''}`,
  });
}
