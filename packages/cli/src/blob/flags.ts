/** Options and arguments that the blob commands share. */
import { fromHex } from '@assay/core';
import type { FlagParametersForType, TypedPositionalParameters } from '@stricli/core';
import type { CliContext } from '../cli-context.ts';
import { CliError } from '../cli-error.ts';
import { asText } from '../flags.ts';

export interface StorageFlags {
  readonly storage?: string;
}

/** `--storage`. */
export const STORAGE_FLAG: FlagParametersForType<StorageFlags, CliContext> = {
  storage: {
    kind: 'parsed',
    parse: asText,
    brief: 'Description of the storage network (DIR/storage.json)',
    optional: true,
    placeholder: 'FILE',
  },
};

/** A blob's id. @throws CliError `usage` */
export function asBlobId(value: string): Uint8Array {
  if (/^[0-9a-f]{64}$/.test(value)) return fromHex(value);
  throw new CliError('usage', { what: `"${value}" is no blob id (64 hexadecimal digits)` });
}

/** `BLOB`. */
export const BLOB_ARG: TypedPositionalParameters<[blob: Uint8Array], CliContext> = {
  kind: 'tuple',
  parameters: [{ brief: 'Blob id', parse: asBlobId, placeholder: 'BLOB' }],
};
