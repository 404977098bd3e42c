/** The configuration file of a storage node process. */
import { readFileSync } from 'node:fs';
import { AssayError } from '@assay/core';
import { z } from 'zod';
import { committeeSchema, storageKey } from '../storage-client/description.ts';

/** A configuration file that is missing, does not fit, or is unsafe. */
export class StorageNodeConfigError extends AssayError<'unreadable' | 'schema' | 'unsafe'> {}

const schema = z.strictObject({
  /** `host:port`; port 0 takes a free one, which the process then prints. */
  listen: z.string().regex(/^[^\s]+:[0-9]{1,5}$/, 'expected host:port'),
  /** File with the 32-byte seed in hexadecimal, mode 0600; made if absent. */
  seedFile: z.string().min(1),
  /** Directory of segments; made if absent. Either this or `s3`. */
  data: z.string().min(1).optional(),
  /** An S3-compatible endpoint that keeps the bytes instead; its receipts say "a provider attests it". */
  s3: z
    .strictObject({
      endpoint: z.url({ protocol: /^https?$/ }),
      region: z.string().min(1).default('us-east-1'),
      bucket: z.string().min(3),
      /** Put before every key; one node, one prefix. */
      prefix: z.string().default(''),
      /** JSON file with `accessKeyId` and `secretAccessKey`; without it the AWS client's own places are looked at. */
      credentialsFile: z.string().min(1).optional(),
    })
    .optional(),
  quotaBytes: z.int().positive(),
  /** Bytes of a segment; 64 MiB unless given. */
  segmentBytes: z.int().min(1_048_576).optional(),
  /** Epochs that a new lease lasts; 26 unless given. */
  leaseEpochs: z.int().min(1).optional(),
  /** The network; a node whose key is not among the members only prints its key. */
  committee: committeeSchema.optional(),
  /** Tenants served; `"everybody"` is allowed on a loopback address alone. */
  tenants: z.union([z.literal('everybody'), z.array(storageKey)]),
  /** Who may read what it stores: its tenants, or whoever knows an id. */
  readers: z.enum(['tenants', 'everybody']).default('tenants'),
});

export type StorageNodeConfig = z.infer<typeof schema>;

/** Reads the file at `path`. @throws StorageNodeConfigError */
export function loadStorageNodeConfig(path: string): StorageNodeConfig {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new StorageNodeConfigError('unreadable', { what: 'expected a JSON file', where: path, cause });
  }
  const result = schema.safeParse(value);
  if (!result.success) {
    const issue = result.error.issues[0];
    const where = `${path}: ${issue?.path.join('.') ?? ''}`;
    throw new StorageNodeConfigError('schema', { what: issue?.message ?? 'does not fit', where });
  }
  if ((result.data.data === undefined) === (result.data.s3 === undefined)) {
    throw new StorageNodeConfigError('schema', { what: 'give either "data" or "s3"', where: path });
  }
  refuseOpenNetwork(result.data);
  return result.data;
}

function refuseOpenNetwork({ tenants, listen }: StorageNodeConfig): void {
  if (tenants !== 'everybody' || /^(127\.\d+\.\d+\.\d+|localhost|\[::1\]|::1):\d+$/.test(listen)) return;
  throw new StorageNodeConfigError('unsafe', {
    what: `everybody may write to ${listen}`,
    fix: 'Name the tenants, or listen on 127.0.0.1.',
  });
}
