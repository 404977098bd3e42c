/** Storage over real processes, real sockets and real files, with the faults a process can have. */
import { join } from 'node:path';
import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  memorySource,
  openBlob,
  type StorageNode,
  upload,
  type UploadEvent,
  type UploadOptions,
  type UploadResult,
  wasmKernel,
} from '@assay/storage';
import { monotonicClock, openFileJournal } from '@assay/storage/node';
import { Cluster } from './cluster.ts';

const MIB = 1_048_576;
const SIZE = 12 * MIB;
const files = [{ path: 'weights.bin', source: memorySource(randomBytes(SIZE)) }];
const digest = createHash('sha256')
  .update(await files[0]!.source.read(0, SIZE))
  .digest('hex');
let cluster: Cluster;

beforeAll(async () => {
  cluster = await Cluster.start();
}, 60_000);
afterAll(() => cluster[Symbol.asyncDispose]());

interface Run {
  readonly result: Promise<UploadResult>;
  readonly events: UploadEvent[];
  readonly stop: AbortController;
}

async function start(
  journalName: string,
  onEvent: (event: UploadEvent) => void = () => undefined,
): Promise<Run> {
  const events: UploadEvent[] = [];
  const stop = new AbortController();
  const journal = await openFileJournal(join(cluster.root, journalName));
  const options: UploadOptions = {
    committee: cluster.committee,
    nodes: cluster.nodes as StorageNode[],
    kernel: wasmKernel({ bytes: 64 * MIB }),
    clock: monotonicClock,
    random: Math.random,
    randomBytes,
    journal,
    shardBytes: MIB / 2,
    window: 3,
    signal: stop.signal,
    onEvent: (event) => {
      events.push(event);
      onEvent(event);
    },
  };
  const result = upload(files, options).finally(() => journal[Symbol.asyncDispose]());
  return { result, events, stop };
}

async function readDigest({ blobId }: UploadResult): Promise<string> {
  const hash = createHash('sha256');
  using blob = await openBlob(blobId, {
    committee: cluster.committee,
    nodes: cluster.nodes,
    kernel: wasmKernel({ bytes: 64 * MIB }),
    clock: monotonicClock,
    random: Math.random,
    randomBytes,
  });
  for await (const part of blob.read('weights.bin')) hash.update(part);
  return hash.digest('hex');
}

const regressions = (events: readonly UploadEvent[]): string[] =>
  events
    .flatMap((event) => (event.type === 'progress' ? event.changes : []))
    .flatMap((change) => {
      return change.type === 'regression' ? [change.evidence.cause] : [];
    });

describe('six storage node processes', () => {
  it('a frozen node (SIGSTOP) delays nothing much, and the bytes read back while it is frozen', async () => {
    let frozen = false;
    const run = await start('frozen', (event) => {
      if (frozen || event.type !== 'progress' || event.view.certified === 0) return;
      frozen = true;
      cluster.signal(3, 'SIGSTOP');
    });
    const result = await run.result;
    expect(regressions(run.events)).toEqual([]);
    expect(await readDigest(result)).toBe(digest);
    cluster.signal(3, 'SIGCONT');
  });

  it('a node killed and wiped is noticed by its own new log; a stopped client resumes from its journal', async () => {
    let cut = false;
    const first = await start('resumed', (event) => {
      if (cut || event.type !== 'progress' || event.view.certified < 2 * MIB) return;
      cut = true;
      first.stop.abort();
    });
    await expect(first.result).rejects.toThrow(/aborted/);
    const shown = first.events
      .flatMap((event) => (event.type === 'progress' ? [event.view.certified] : []))
      .at(-1) as number;
    await cluster.wipe(2);
    await cluster.restart(2);
    const second = await start('resumed');
    const result = await second.result;
    const [resumed] = second.events.flatMap((event) =>
      event.type === 'progress' ? [event.view.certified] : [],
    );
    expect(resumed).toBeGreaterThanOrEqual(shown);
    expect(regressions(second.events).every((cause) => cause === 'lost-ack')).toBe(true);
    expect(result.certificate.signatures.length).toBeGreaterThanOrEqual(5);
    expect(await readDigest(result)).toBe(digest);
  });

  it('kill -9 and the same disk: what was signed for is served by the next process', async () => {
    const run = await start('killed');
    const result = await run.result;
    for (const at of [0, 1]) {
      await cluster.kill(at);
      await cluster.restart(at);
    }
    await cluster.kill(4);
    await cluster.kill(5);
    expect(await readDigest(result)).toBe(digest);
    await cluster.restart(4);
    await cluster.restart(5);
  });

  it('malformed requests get an error that says what, and the node goes on', async () => {
    const url = cluster.url(0);
    const id = 'ab'.repeat(32);
    const cases: [string, RequestInit, number][] = [
      ['/nowhere', {}, 404],
      [`/v1/shards/${id}/0?session=s`, { method: 'PUT', body: 'xx' }, 400],
      [`/v1/shards/${id}/0?session=s`, { method: 'PUT', body: new Uint8Array([255, 255, 255, 255, 1]) }, 400],
      [`/v1/shards/${id}/0?from=0&to=1`, {}, 404],
      [`/v1/pages/${id}`, {}, 404],
      ['/v1/hello', { method: 'POST', body: 'short' }, 400],
      ['/v1/challenge', { method: 'POST', body: new Uint8Array([0x9b, 255, 0, 0, 0, 0, 0, 0, 0]) }, 400],
      ['/v1/seal', { method: 'POST', body: 'not cbor' }, 400],
    ];
    for (const [path, init, code] of cases) {
      const response = await fetch(url + path, init);
      expect([path, response.status]).toEqual([path, code]);
      expect(await response.json()).toMatchObject({ error: 'NodeError', what: expect.any(String) });
    }
    expect((await fetch(`${url}/v1/status`)).status).toBe(200);
  });
});
