/**
 * A small S3 server that is strict where the published API is: signatures present, payload hashes and
 * `x-amz-checksum-sha256` checked and repeated, errors by their XML codes, listings in pages. Old servers skip all that.
 */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Stored {
  bytes: Buffer;
  readonly checksum: string;
  readonly metadata: ReadonlyMap<string, string>;
}

export interface StrictS3 extends AsyncDisposable {
  readonly endpoint: string;
  /** By bucket and key, `bucket/key`. */
  readonly objects: Map<string, Stored>;
  /** Answers puts with this error from now on. */
  refuse(status: number, code: string): void;
}

const PAGE = 2;
const hash = (bytes: Buffer, form: 'hex' | 'base64'): string =>
  createHash('sha256').update(bytes).digest(form);

export async function strictS3(): Promise<StrictS3> {
  const objects = new Map<string, Stored>();
  let refusal: { status: number; code: string } | undefined;
  const server = createServer((request, response) => {
    void read(request).then((body) => {
      const url = new URL(request.url ?? '/', 'http://s3');
      const key = decodeURIComponent(url.pathname.slice(1));
      const problem =
        request.headers.authorization?.startsWith('AWS4-HMAC-SHA256 ') === true ? undefined : 'AccessDenied';
      if (problem !== undefined) return fail(response, 403, problem);
      if (request.method === 'PUT')
        return refusal === undefined
          ? put(objects, { key, body, request, response })
          : fail(response, refusal.status, refusal.code);
      if (url.searchParams.get('list-type') === '2')
        return list(objects, { url, bucket: key.split('/')[0] ?? '', response });
      return show(objects, { key, request, response });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    objects,
    refuse: (status, code) => void (refusal = { status, code }),
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function read(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
  return Buffer.concat(parts);
}

interface Exchange {
  readonly key: string;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

function put(
  objects: Map<string, Stored>,
  { key, body, request, response }: Exchange & { body: Buffer },
): void {
  const { headers } = request;
  if (headers['x-amz-content-sha256'] !== hash(body, 'hex'))
    return fail(response, 400, 'XAmzContentSHA256Mismatch');
  const checksum = String(headers['x-amz-checksum-sha256'] ?? '');
  if (checksum !== hash(body, 'base64'))
    return fail(response, 400, checksum === '' ? 'MissingChecksum' : 'BadDigest');
  const metadata = Object.entries(headers).filter(([name]) => name.startsWith('x-amz-meta-'));
  objects.set(key, {
    bytes: body,
    checksum,
    metadata: new Map(metadata.map(([name, v]) => [name, String(v)])),
  });
  response.writeHead(200, { 'x-amz-checksum-sha256': checksum, etag: '"x"' }).end();
}

function show(objects: Map<string, Stored>, { key, request, response }: Exchange): void {
  const found = objects.get(key);
  if (request.method === 'DELETE') {
    objects.delete(key);
    return void response.writeHead(204).end();
  }
  if (found === undefined) return fail(response, 404, 'NoSuchKey', request.method === 'HEAD');
  const asked = request.headers['x-amz-checksum-mode'] === 'ENABLED';
  const headers = {
    'content-length': String(found.bytes.length),
    ...(asked ? { 'x-amz-checksum-sha256': found.checksum } : {}),
    ...Object.fromEntries(found.metadata),
  };
  response.writeHead(200, headers).end(request.method === 'HEAD' ? undefined : found.bytes);
}

function list(
  objects: Map<string, Stored>,
  { url, bucket, response }: { url: URL; bucket: string; response: ServerResponse },
): void {
  const prefix = url.searchParams.get('prefix') ?? '';
  const after = url.searchParams.get('continuation-token') ?? '';
  const keys = [...objects.keys()]
    .filter((key) => key.startsWith(`${bucket}/${prefix}`))
    .map((key) => key.slice(bucket.length + 1))
    .filter((key) => key > after)
    .sort();
  const page = keys.slice(0, PAGE);
  const more = keys.length > PAGE;
  const contents = page.map((key) => {
    return `<Contents><Key>${key}</Key><Size>${objects.get(`${bucket}/${key}`)?.bytes.length}</Size></Contents>`;
  });
  const token = more ? `<NextContinuationToken>${page.at(-1)}</NextContinuationToken>` : '';
  const xml = `<ListBucketResult><IsTruncated>${more}</IsTruncated>${token}${contents.join('')}</ListBucketResult>`;
  response.writeHead(200, { 'content-type': 'application/xml' }).end(xml);
}

function fail(response: ServerResponse, status: number, code: string, bare = false): void {
  const xml = `<Error><Code>${code}</Code><Message>${code}</Message></Error>`;
  response.writeHead(status, { 'content-type': 'application/xml' }).end(bare ? undefined : xml);
}
