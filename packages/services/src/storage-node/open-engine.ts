/** Opens what keeps a node's bytes: a directory of segments on this machine, or an S3-compatible endpoint. */
import { readFileSync } from 'node:fs';
import { randomBytes, type Signer } from '@assay/core';
import type { Committee } from '@assay/storage';
import {
  monotonicClock,
  type NodeEngine,
  openBucket,
  openFileDisk,
  S3Engine,
  StorageEngine,
} from '@assay/storage/node';
import { z } from 'zod';
import { type StorageNodeConfig, StorageNodeConfigError } from './config.ts';

/** An engine, and how to let go of what it lies on. */
export interface OpenEngine {
  readonly engine: NodeEngine;
  close(): Promise<void>;
}

/** @throws StorageNodeConfigError `unreadable` for bad credentials; NodeError `unreachable` for an endpoint that is away */
export async function openEngine(
  { data, s3, quotaBytes, leaseEpochs = 26, segmentBytes = 64 << 20 }: StorageNodeConfig,
  { committee, signer }: { committee: () => Committee; signer: Signer },
): Promise<OpenEngine> {
  const outside = { clock: monotonicClock, randomBytes };
  const shared = { signer, committee, ...outside, quotaBytes, leaseEpochs };
  if (data !== undefined) {
    const disk = await openFileDisk(data);
    const engine = await StorageEngine.open({ ...shared, disk, segmentBytes });
    return { engine, close: () => disk[Symbol.asyncDispose]() };
  }
  if (s3 === undefined) throw new StorageNodeConfigError('schema', { what: 'give either "data" or "s3"' });
  const { credentialsFile, ...place } = s3;
  const credentials = credentialsFile === undefined ? undefined : readCredentials(credentialsFile);
  const bucket = await openBucket({ ...place, ...(credentials === undefined ? {} : { credentials }) });
  const engine = await S3Engine.open({ ...shared, bucket });
  return { engine, close: async () => bucket[Symbol.dispose]() };
}

const credentialsSchema = z.strictObject({
  accessKeyId: z.string().min(1),
  secretAccessKey: z.string().min(1),
});

function readCredentials(path: string): z.infer<typeof credentialsSchema> {
  try {
    return credentialsSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (cause) {
    const what = 'expected {"accessKeyId", "secretAccessKey"}';
    throw new StorageNodeConfigError('unreadable', { what, where: path, cause });
  }
}
