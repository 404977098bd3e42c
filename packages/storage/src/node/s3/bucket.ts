/** The few requests an S3-compatible endpoint is asked, each with its SHA-256: the AWS client is loaded when one is opened. */
import type * as Sdk from '@aws-sdk/client-s3';
import { base64, equal, sha256 } from '@assay/core';
import { NodeError } from '../../errors.ts';

export interface BucketOptions {
  /** `https://…`, or `http://127.0.0.1:…` for one on this machine. */
  readonly endpoint: string;
  readonly region: string;
  readonly bucket: string;
  /** Put before every key; one node, one prefix. */
  readonly prefix: string;
  /** Left out, the AWS client looks where it always does: environment, profile, instance. */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/** Opens a bucket; nothing is asked of it yet. */
export async function openBucket(options: BucketOptions): Promise<Bucket> {
  const sdk = await import('@aws-sdk/client-s3');
  const { endpoint, region, credentials } = options;
  const client = new sdk.S3Client({
    endpoint,
    region,
    // Bucket names in host names need DNS of the endpoint; every compatible server takes them in the path.
    forcePathStyle: true,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    ...(credentials === undefined ? {} : { credentials }),
  });
  return new Bucket(sdk, client, options);
}

/** Codes by which providers say that there is no room. */
const FULL = new Set(['InsufficientStorage', 'QuotaExceeded', 'XMinioStorageFull', 'EntityTooLarge']);

export class Bucket implements Disposable {
  readonly #sdk: typeof Sdk;
  readonly #client: Sdk.S3Client;
  readonly #options: BucketOptions;

  constructor(sdk: typeof Sdk, client: Sdk.S3Client, options: BucketOptions) {
    this.#sdk = sdk;
    this.#client = client;
    this.#options = options;
  }

  [Symbol.dispose](): void {
    this.#client.destroy();
  }

  /**
   * Stores an object. The provider is told its SHA-256 (`x-amz-checksum-sha256`) and must repeat it; one that does not
   * know the header is asked for the bytes again, and these are compared.
   * @throws NodeError `disk-full` | `unreachable`
   */
  async put(key: string, body: Uint8Array, lease?: number): Promise<void> {
    const digest = base64(sha256(body));
    const answer = await this.#ask(
      new this.#sdk.PutObjectCommand({
        ...this.#at(key),
        Body: body,
        ChecksumSHA256: digest,
        ...(lease === undefined ? {} : { Metadata: { lease: String(lease) } }),
      }),
    );
    const attested = answer.ChecksumSHA256 ?? '';
    if (attested === digest) return;
    const back = attested === '' ? await this.get(key) : undefined;
    if (back !== undefined && equal(back, body)) return;
    throw new NodeError('unreachable', { what: `the provider does not attest what was sent as ${key}` });
  }

  /** An object's bytes, which the caller must check; undefined when there is none. @throws NodeError `unreachable` */
  async get(key: string): Promise<Uint8Array | undefined> {
    try {
      const { Body } = await this.#ask(new this.#sdk.GetObjectCommand(this.#at(key)));
      return await Body?.transformToByteArray();
    } catch (error) {
      if (error instanceof NodeError && error.code === 'not-found') return undefined;
      throw error instanceof NodeError ? error : this.#named(error);
    }
  }

  /** The epoch an object was last put with; 0 when there is none. */
  async leaseOf(key: string): Promise<number> {
    try {
      const { Metadata } = await this.#ask(new this.#sdk.HeadObjectCommand(this.#at(key)));
      return Number(Metadata?.['lease'] ?? 0);
    } catch (error) {
      if (error instanceof NodeError && error.code === 'not-found') return 0;
      throw error;
    }
  }

  /** Every object whose key begins with `start`, by key without the prefix. */
  async *list(start: string): AsyncGenerator<{ readonly key: string; readonly bytes: number }> {
    const { bucket: Bucket, prefix } = this.#options;
    let token: string | undefined;
    do {
      const command = new this.#sdk.ListObjectsV2Command({
        Bucket,
        Prefix: prefix + start,
        ...(token === undefined ? {} : { ContinuationToken: token }),
      });
      const page = await this.#ask(command);
      for (const { Key, Size } of page.Contents ?? []) {
        if (Key !== undefined) yield { key: Key.slice(prefix.length), bytes: Size ?? 0 };
      }
      token = page.IsTruncated === true ? page.NextContinuationToken : undefined;
    } while (token !== undefined);
  }

  async remove(key: string): Promise<void> {
    await this.#ask(new this.#sdk.DeleteObjectCommand(this.#at(key)));
  }

  #at(key: string): { Bucket: string; Key: string } {
    return { Bucket: this.#options.bucket, Key: this.#options.prefix + key };
  }

  readonly #ask: Sdk.S3Client['send'] = async (...args: unknown[]) => {
    try {
      return await (this.#client.send as (...given: unknown[]) => Promise<never>).apply(this.#client, args);
    } catch (error) {
      throw this.#named(error);
    }
  };

  #named(error: unknown): NodeError {
    const { name, message, $metadata } = error as Error & { $metadata?: { httpStatusCode?: number } };
    const status = $metadata?.httpStatusCode;
    const where = `bucket ${this.#options.bucket} at ${this.#options.endpoint}`;
    const told = { what: `the provider answered ${name}: ${message}`, where, cause: error };
    if (name === 'NoSuchKey' || name === 'NotFound') return new NodeError('not-found', told);
    if (FULL.has(name) || status === 507) return new NodeError('disk-full', told);
    return new NodeError('unreachable', told);
  }
}
