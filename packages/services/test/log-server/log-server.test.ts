/** The log server over real sockets: appends, refusals, proofs, the publish loop with four witnesses, and restarts. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  base64,
  ed25519Signer,
  openStatement,
  randomBytes,
  signStatement,
  systemClock,
  utf8,
} from '@assay/core';
import { createIdentity, type Identity, loadIdentity } from '@assay/core/node';
import {
  ed25519NoteSigner,
  encodeBundle,
  formatVkey,
  leafHash,
  openWitnessedCheckpoint,
  parsePolicy,
  parseTlogProof,
  type Policy,
  verifyTlogProof,
} from '@assay/log';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LogClient } from '../../src/log-client/index.ts';
import {
  type LogServerConfigInput,
  parseLogServerConfig,
  type RunningLogServer,
  startLogServer,
} from '../../src/log-server/index.ts';
import { joinEntry } from '../../src/participant/index.ts';
import { type RunningWitness, startWitness } from '../../src/witness/start.ts';

const ORIGIN = 'log.example/served';
const directory = mkdtempSync(join(tmpdir(), 'assay-server-'));
const entropy = { bytes: randomBytes };
const troubles: string[] = [];
const servers: RunningLogServer[] = [];

afterAll(async () => {
  for (const server of servers) await server.stop().catch(() => undefined);
  rmSync(directory, { recursive: true, force: true });
});

async function start(name: string, config: Partial<LogServerConfigInput> = {}): Promise<RunningLogServer> {
  const input = {
    listen: '127.0.0.1:0',
    origin: ORIGIN,
    directory: join(directory, name),
    seedFile: join(directory, 'log.seed'),
    checkpointInterval: 30,
    ...config,
  };
  const server = await startLogServer(parseLogServerConfig(input, name), {
    clock: systemClock,
    entropy,
    onTrouble: ({ what }) => troubles.push(what),
  });
  servers.push(server);
  return server;
}

async function stop(server: RunningLogServer): Promise<void> {
  servers.splice(servers.indexOf(server), 1);
  await server.stop();
}

const post = (server: RunningLogServer, path: string, body: Uint8Array): Promise<Response> =>
  fetch(`${server.url}${path}`, { method: 'POST', body: Uint8Array.from(body) });

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const until = async (holds: () => boolean): Promise<void> => {
  for (let i = 0; i < 500 && !holds(); i++) await sleep(20);
  expect(holds()).toBe(true);
};

describe('an opaque log', () => {
  let server: RunningLogServer;
  beforeAll(async () => {
    server = await start('opaque', { admission: 'opaque' });
  });

  it('appends one, knows it again, and proves it', async () => {
    const first = await (await post(server, '/append', utf8('hello'))).json();
    expect(first).toMatchObject({ index: 0, id: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(await (await post(server, '/append?wait=sequenced', utf8('hello'))).json()).toMatchObject({
      index: 0,
      duplicate: true,
      proof: expect.stringContaining('c2sp.org/tlog-proof@v1'),
    });
    const found = await fetch(`${server.url}/index-of/${(first as { id: string }).id}`);
    expect(await found.json()).toMatchObject({ index: 0 });
  });

  it('appends a batch in order, whole or not at all', async () => {
    const client = new LogClient(server.url);
    const appended = await client.appendBatch([utf8('b0'), utf8('hello'), utf8('b1')]);
    expect(appended).toMatchObject([{ index: 1 }, { index: 0, duplicate: true }, { index: 2 }]);
    const refused = await post(server, '/append-batch', encodeBundle([utf8('good'), new Uint8Array(20_000)]));
    expect([refused.status, await refused.json()]).toMatchObject([
      400,
      { code: 'request', where: 'entry 1 of the batch' },
    ]);
    expect(server.log.size).toBe(3);
    const torn = await post(server, '/append-batch', Uint8Array.of(0, 9, 1));
    expect([torn.status, await torn.json()]).toMatchObject([400, { where: 'byte 0' }]);
  });

  it('serves the tlog-tiles paths with their types and cache rules', async () => {
    await until(() => server.publisher.publishedSize === 3);
    const checkpoint = await fetch(`${server.url}/checkpoint`);
    expect(checkpoint.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(checkpoint.headers.get('cache-control')).toBe('no-cache');
    const tile = await fetch(`${server.url}/tile/0/000.p/3`);
    expect(tile.headers.get('content-type')).toBe('application/octet-stream');
    expect(tile.headers.get('cache-control')).toContain('immutable');
    expect((await tile.arrayBuffer()).byteLength).toBe(96);
    const bundle = await fetch(`${server.url}/tile/entries/000.p/2`);
    expect(new Uint8Array(await bundle.arrayBuffer())).toEqual(encodeBundle([utf8('hello'), utf8('b0')]));
    for (const path of [
      'tile/0/000',
      'tile/0/000.p/0',
      'tile/0/000.p/4',
      'tile/0/../../log.db',
      'tile/64/000',
      'no',
    ]) {
      expect((await fetch(`${server.url}/${path}`)).status, path).toBe(404);
    }
  });

  it('refuses bodies over the limit, indices that are none, and unknown waits, each with its own words', async () => {
    const statuses = [
      (await post(server, '/append', new Uint8Array(20_000))).status,
      (await post(server, '/append', new Uint8Array(100_000))).status,
      (await post(server, '/append', new Uint8Array(0))).status,
      (await post(server, '/append?wait=forever', utf8('x'))).status,
      (await fetch(`${server.url}/proof/-1`)).status,
      (await fetch(`${server.url}/proof/99`)).status,
      (await fetch(`${server.url}/index-of/${'0'.repeat(64)}`)).status,
    ];
    expect(statuses).toEqual([413, 413, 400, 400, 400, 404, 404]);
  });

  it('one client that stops mid-request does not hold up the others', async () => {
    const port = Number(new URL(server.url).port);
    const stuck = Array.from({ length: 50 }, () => connect(port, '127.0.0.1'));
    for (const socket of stuck)
      socket.write('POST /append HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nabc');
    expect((await post(server, '/append', utf8('through'))).status).toBe(200);
    for (const socket of stuck) socket.destroy();
  });

  it('a second start on the same port touches nothing', async () => {
    const { port } = new URL(server.url);
    await expect(start('opaque', { admission: 'opaque', listen: `127.0.0.1:${port}` })).rejects.toMatchObject(
      { code: 'listen' },
    );
    expect((await post(server, '/append', utf8('still'))).status).toBe(200);
  });
});

describe('a log of statements with four witnesses, quorum three', () => {
  const witnesses: RunningWitness[] = [];
  let policy: Policy;
  let me: Identity;
  let server: RunningLogServer;
  const config = (): Partial<LogServerConfigInput> => ({
    seedFile: join(directory, 'witnessed.seed'),
    operatorKeyFile: join(directory, 'operator.key'),
    policyFile: join(directory, 'policy'),
    quota: { perSecond: 0.5, burst: 3 },
    refreshInterval: 100_000,
    witnessTimeout: 5_000,
    waitTimeout: 15_000,
  });

  beforeAll(async () => {
    const seed = randomBytes(32);
    writeFileSync(join(directory, 'witnessed.seed'), `${base64(seed)}\n`, { mode: 0o600 });
    for (const running of servers.splice(0)) await running.stop();
    const vkey = formatVkey(ed25519NoteSigner(ORIGIN, ed25519Signer(seed)).key);
    for (let i = 1; i <= 4; i++) {
      const [seedFile, database] = [join(directory, `w${i}.seed`), join(directory, `w${i}.db`)];
      const own = { listen: '127.0.0.1:0', name: `w${i}.example`, seedFile, database, logs: [{ vkey }] };
      witnesses.push(await startWitness(own, systemClock, entropy));
    }
    const lines = witnesses.map((witness, i) => `witness w${i + 1} ${witness.vkey} ${witness.url}`);
    const text = [`log ${vkey}`, ...lines, 'group all 3 w1 w2 w3 w4', 'quorum all', ''].join('\n');
    writeFileSync(join(directory, 'policy'), text);
    policy = parsePolicy(text);
    me = createIdentity(join(directory, 'me.key'), entropy);
    server = await start('statements', config());
  });
  afterAll(async () => {
    for (const witness of witnesses) await witness.stop();
  });

  it('PROTOCOL 2.3: takes a join with its work, then what the joined key signs, and nothing from strangers', async () => {
    const derive = signStatement('participant.leave', {}, me.signer);
    const early = await post(server, '/append', derive);
    expect([early.status, await early.json()]).toMatchObject([403, { code: 'not-joined' }]);
    const client = new LogClient(server.url);
    expect(
      await client.append(joinEntry(me, { roles: ['owner'], name: 'me', endpoints: [] })),
    ).toHaveProperty('index');
    const forged = Uint8Array.from(derive);
    const at = new TextDecoder().decode(derive).indexOf('"sig":"') + 10;
    forged[at] = forged[at] === 0x41 ? 0x42 : 0x41;
    const refused = await post(server, '/append', forged);
    expect([refused.status, await refused.json()]).toMatchObject([403, { code: 'signature' }]);
    for (const garbage of ['{}', 'null', '{"payload":', '\u0000']) {
      expect((await post(server, '/append', utf8(garbage))).status).toBe(400);
    }
    const cosigned = signStatement(
      'checkpoint.cosigned',
      { origin: ORIGIN, size: '1', note: 'n' },
      me.signer,
    );
    expect(await (await post(server, '/append', cosigned)).json()).toMatchObject({ code: 'not-operator' });
  });

  it('PROTOCOL 3.1: a witnessed checkpoint is logged once, and an idle log stays idle', async () => {
    const client = new LogClient(server.url);
    const entry = signStatement('key.compromised', { key: me.keyId, since: 1 }, me.signer);
    const { index } = await client.append(entry, 'witnessed');
    const proof = parseTlogProof(await client.proof(index, 'witnessed'));
    const { witnessedAt } = verifyTlogProof(proof, leafHash(entry), policy);
    expect(witnessedAt).toBeGreaterThan(1_700_000_000);
    await until(() => server.publisher.publishedSize > index);
    const published = server.publisher.publishedSize;
    const operator = loadIdentity(join(directory, 'operator.key')).keyId;
    const at = (): number | undefined => server.log.indexOfKey(operator, `cosigned ${ORIGIN} ${published}`);
    await until(() => at() !== undefined && !server.log.needsPublication);
    await server.log.settled();
    const { size } = server.log;
    await sleep(300);
    expect([server.log.size, at()]).toEqual([size, size - 1]);
    const logged = openStatement(await server.log.entry(size - 1));
    if (logged.kind !== 'checkpoint.cosigned') throw new Error(`the last entry is ${logged.kind}`);
    expect(utf8(logged.predicate.note)).toEqual(await client.checkpoint());
    expect(
      openWitnessedCheckpoint(await client.checkpoint(), policy).cosignatures.length,
    ).toBeGreaterThanOrEqual(3);
  });

  it('PROTOCOL 4.2: a restart asks the witnesses, goes on with the same tree, and remembers who left', async () => {
    const { size, root } = server.log.newest;
    await stop(server);
    server = await start('statements', config());
    expect(server.log.newest).toMatchObject({ size, root });
    const after = await post(server, '/append', signStatement('participant.leave', {}, me.signer));
    expect(await after.json()).toMatchObject({ code: 'not-joined' });
  });

  it('PROTOCOL 2.3: a key over its quota is told to come back; the others go on', async () => {
    const [busy, calm] = ['busy', 'calm'].map((name) =>
      createIdentity(join(directory, `${name}.key`), entropy),
    );
    for (const identity of [busy, calm]) {
      const join = joinEntry(identity as Identity, { roles: ['agent'], name: 'a', endpoints: [] });
      expect((await post(server, '/append', join)).status).toBe(200);
    }
    const entry = (identity: Identity | undefined, since: number): Uint8Array =>
      signStatement('key.compromised', { key: me.keyId, since }, (identity as Identity).signer);
    const statuses: number[] = [];
    for (let i = 1; i <= 4; i++) statuses.push((await post(server, '/append', entry(busy, i))).status);
    expect(statuses.at(-1)).toBe(429);
    const refused = await post(server, '/append', entry(busy, 9));
    expect(refused.headers.get('retry-after')).toBe('1');
    expect((await post(server, '/append', entry(calm, 1))).status).toBe(200);
  });

  it('PROTOCOL 4.3: without a quorum appends go on, a witnessed wait says so, and the loop catches up', async () => {
    await stop(server);
    server = await start('statements', { ...config(), waitTimeout: 300 });
    const [first, second] = witnesses.splice(0, 2) as [RunningWitness, RunningWitness];
    await Promise.all([first.stop(), second.stop()]);
    const late = createIdentity(join(directory, 'late.key'), entropy);
    const entry = joinEntry(late, { roles: ['agent'], name: 'late', endpoints: [] });
    const waiting = await post(server, '/append?wait=witnessed', entry);
    expect([waiting.status, await waiting.json()]).toMatchObject([504, { code: 'witness-timeout' }]);
    expect(await (await post(server, '/append', entry)).json()).toMatchObject({ duplicate: true });
    expect(troubles.some((what) => what.startsWith('no quorum'))).toBe(true);
    const covered = server.publisher.publishedSize;
    const back = {
      listen: new URL(first.url).host,
      name: 'w1.example',
      seedFile: join(directory, 'w1.seed'),
      database: join(directory, 'w1.db'),
      logs: [{ vkey: server.log.vkey }],
    };
    witnesses.push(await startWitness(back, systemClock, entropy));
    await until(() => server.publisher.publishedSize > covered);
  });
});
