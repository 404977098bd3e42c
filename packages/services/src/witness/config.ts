/** The configuration file of a witness process. */
import { readFileSync } from 'node:fs';
import { AssayError } from '@assay/core';
import { z } from 'zod';

/** A configuration file that is missing or does not fit. */
export class WitnessConfigError extends AssayError<'unreadable' | 'schema'> {}

const schema = z.strictObject({
  /** `host:port`; port 0 takes a free one, which the process then prints. */
  listen: z.string().regex(/^[^\s]+:[0-9]{1,5}$/, 'expected host:port'),
  /** Key name of the cosigner: a schema-less URL. */
  name: z.string().min(1),
  /** File with the 32-byte seed in base64, mode 0600; made if absent. */
  seedFile: z.string().min(1),
  /** SQLite file; made if absent, unless the seed has been used before. */
  database: z.string().min(1),
  /** The logs to witness, by their vkeys; a log's origin is its key's name. */
  logs: z.array(z.strictObject({ vkey: z.string().min(1) })).min(1),
  /** For a witness that also signs for contracts (PROTOCOL 7.3). */
  anchor: z
    .strictObject({
      /** Key file whose payment key signs. */
      identity: z.string().min(1),
      /** Vaults that it signs for. */
      targets: z
        .array(
          z.strictObject({
            chainId: z.int().min(1),
            vault: z.string().regex(/^0x[0-9a-f]{40}$/, 'expected an address in lower case'),
          }),
        )
        .min(1),
    })
    .optional(),
});

export type WitnessConfig = z.infer<typeof schema>;

/** Reads the file at `path`. @throws WitnessConfigError */
export function loadWitnessConfig(path: string): WitnessConfig {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new WitnessConfigError('unreadable', { what: 'expected a JSON file', where: path, cause });
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const where = `${path}: ${issue?.path.join('.') ?? ''}`;
  throw new WitnessConfigError('schema', { what: issue?.message ?? 'does not fit', where });
}
