import {
  decodeTensors,
  hex,
  openStatement,
  openCommitment,
  fromHex,
  signStatement,
  systemClock,
} from '@assay/core';
import { leafHash, parseTlogProof, verifyTlogProof } from '@assay/log';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readPayload } from '../../src/inference-node/index.ts';
import { signRequest } from '../../src/participant/index.ts';
import { type Inferred, inferScale, signedBy } from '../support/infer-client.ts';
import { type Actor, TestNetwork, until } from '../support/network.ts';
import type { ServiceProcess } from '../support/service-process.ts';
import type { TestVersion } from '../support/linear-version.ts';

let network: TestNetwork;
let node: ServiceProcess;
let gateway: ServiceProcess;
let v1: TestVersion;
let decision = '';

beforeAll(async () => {
  network = await TestNetwork.start();
  v1 = await network.publish('v1', 2);
  decision = await network.decide({ [v1.digest]: 10_000 });
  [node, gateway] = await Promise.all([network.node('node-a'), network.gateway('gateway')]);
  await until(() => network.follower.registry.leases.of(node.keyId, v1.digest) !== undefined);
  await until(async () => (await fetch(`${gateway.url}/v2/models/scale/ready`)).ok);
}, 60_000);
afterAll(() => network.stop());

const entryOf = async (receipt: string): Promise<Uint8Array> =>
  new Uint8Array(await (await fetch(`${gateway.url}/assay/v1/receipts/${receipt}`)).arrayBuffer());

/** Asks under somebody's key, signed with it. */
async function askAs(who: Actor, x: number): Promise<Inferred> {
  const id = `by-key-${x}`;
  const parameters = signedBy(who.identity.signer, { model: network.model(), x, id });
  const answer = await inferScale(gateway.url, { x, id, parameters });
  expect(answer.error).toBeUndefined();
  return answer;
}

describe('the main path, from an inference request to a proof that a stranger can check', () => {
  it('answers with the receipt in parameters and header, and the receipt says everything that was asked', async () => {
    const answer = await inferScale(gateway.url, {
      x: 21,
      id: 'req-1',
      parameters: { assay_client: 'desk-7' },
    });
    expect(answer.status).toBe(200);
    expect(answer.y).toBe(42);
    expect(answer.id).toBe('req-1');
    expect(answer.version).toBe(v1.digest);
    expect(answer.headers.get('assay-receipt')).toBe(answer.parameters['assay_receipt_url']);
    const statement = openStatement(await entryOf(answer.receipt));
    expect(statement).toMatchObject({
      kind: 'output.receipt',
      id: answer.receipt,
      signer: node.keyId,
      predicate: {
        request: { id: 'req-1', client: 'desk-7' },
        attempt: 0,
        model: network.model(),
        target: { channel: network.channel(), decision },
        version: v1.digest,
        finish: 'stop',
        usage: { inputBytes: '4', outputBytes: '4' },
        verification: 'signed',
        notBefore: { origin: 'log.example/serving' },
      },
    });
  });

  it('wait=witnessed gives a proof that verifies offline under the reader’s own policy', async () => {
    const answer = await inferScale(gateway.url, { x: 3, query: '?wait=witnessed' });
    expect(answer.parameters['assay_state']).toBe('witnessed');
    const proof = parseTlogProof(
      new Uint8Array(Buffer.from(String(answer.parameters['assay_proof']), 'base64')),
    );
    const entry = await entryOf(answer.receipt);
    const witnessed = verifyTlogProof(proof, leafHash(entry), network.policy);
    expect(witnessed.checkpoint.size).toBeGreaterThan(proof.index);
    expect(witnessed.witnessedAt).toBeDefined();
    const again = await fetch(`${gateway.url}/assay/v1/receipts/${answer.receipt}/proof`);
    expect(again.status).toBe(200);
    expect(parseTlogProof(new Uint8Array(await again.arrayBuffer())).index).toBe(proof.index);
  });

  it('a proof that is not there yet is a typed 404 with Retry-After, not a success', async () => {
    const response = await fetch(`${gateway.url}/assay/v1/receipts/${'0'.repeat(64)}/proof`);
    expect(response.status).toBe(404);
    expect(response.headers.get('retry-after')).toBe('1');
    expect(((await response.json()) as { error: string }).error).toContain('[not-yet]');
  });

  it('PROTOCOL 8.1: the returned salts open the receipt’s commitments, with the payload that the client may fetch', async () => {
    const agent = await network.join('agent-payload', ['agent']);
    const answer = await askAs(agent, 5);
    const path = `/assay/v1/payloads/${answer.receipt}`;
    const header = signRequest(
      { method: 'GET', path, recipient: node.keyId },
      agent.identity.signer,
      systemClock,
    );
    const response = await fetch(node.url + path, { headers: { 'assay-authorization': header } });
    expect(response.status).toBe(200);
    const payload = readPayload(new Uint8Array(await response.arrayBuffer()));
    const { predicate } = openStatement(payload.entry) as {
      predicate: { input: string; output: string; request: { hash: string } };
    };
    const salt = (field: string): Uint8Array => fromHex(String(answer.parameters[`assay_salt_${field}`]));
    openCommitment(predicate.input, 'input', { salt: salt('input'), bytes: payload.inputBytes });
    openCommitment(predicate.output, 'output', { salt: salt('output'), bytes: payload.outputBytes });
    openCommitment(predicate.request.hash, 'request', { salt: salt('request'), bytes: payload.requestBytes });
    expect(hex(decodeTensors(payload.outputBytes)[0]?.bytes ?? new Uint8Array())).toBe('00002041');
  });

  it('PROTOCOL 5.3: a key asks only what it signed; everything else in its name is refused, and nothing runs', async () => {
    const agent = await network.join('agent-that-signs', ['agent']);
    const other = await network.join('agent-that-does-not', ['agent']);
    const due = { model: network.model(), x: 8, id: 'signed-for' };
    const signed = signedBy(agent.identity.signer, due);
    const { keyId } = agent.identity;
    const refused: Record<string, Record<string, unknown>> = {
      unsigned: { assay_client: keyId },
      "another key's": { ...signedBy(other.identity.signer, due), assay_client: keyId },
      "another input's": { ...signed, ...signedBy(agent.identity.signer, { ...due, x: 9 }) },
      "another id's": { ...signed, ...signedBy(agent.identity.signer, { ...due, id: 'not-this' }) },
      'not base64': { ...signed, assay_client_signature: 'no!' },
      'too short': { ...signed, assay_client_signature: 'AAAA' },
      'a parameter that it does not cover': { ...signed, assay_uses: 'f'.repeat(64) },
    };
    for (const [name, parameters] of Object.entries(refused)) {
      const { status, error } = await inferScale(gateway.url, { x: due.x, id: due.id, parameters });
      expect([name, status, error]).toEqual([name, 401, expect.stringContaining('[client-unsigned]')]);
    }
    const inHeader = await inferScale(gateway.url, { x: 8, headers: { 'assay-client': keyId } });
    expect(inHeader.status).toBe(401);
    const answer = await inferScale(gateway.url, { x: due.x, id: due.id, parameters: signed });
    expect(openStatement(await entryOf(answer.receipt)).predicate).toMatchObject({
      request: { client: keyId },
    });
    expect((await inferScale(gateway.url, { x: due.x, id: due.id, parameters: signed })).text).toBe(
      answer.text,
    );
  });

  it('payloads are for joined verifiers and the client: others, unsigned and late requests are refused', async () => {
    const agent = await network.join('agent-owner-of-payload', ['agent']);
    const stranger = await network.join('stranger', ['agent']);
    const verifier = await network.join('verifier', ['verifier']);
    const answer = await askAs(agent, 6);
    const path = `/assay/v1/payloads/${answer.receipt}`;
    const ask = async (header: string | undefined): Promise<number> =>
      (
        await fetch(node.url + path, {
          headers: header === undefined ? {} : { 'assay-authorization': header },
        })
      ).status;
    const signed = (who: typeof agent, at = Date.now(), recipient = node.keyId): string =>
      signRequest({ method: 'GET', path, recipient }, who.identity.signer, { now: () => at });
    await until(async () => (await ask(signed(verifier))) === 200);
    expect(await ask(undefined)).toBe(401);
    expect(await ask(signed(stranger))).toBe(403);
    expect(await ask(signed(agent, Date.now() - 120_000))).toBe(401);
    expect(await ask(signed(agent, Date.now(), gateway.keyId))).toBe(401);
    expect(await ask(signed(agent))).toBe(200);
  });

  it('PROTOCOL 5.4: one request.deliver per request reaches the log, with the bytes that were sent', async () => {
    const answer = await inferScale(gateway.url, { x: 8, id: 'deliver-1' });
    await inferScale(gateway.url, { x: 8, id: 'deliver-1' });
    // Entries go out in order: once a later delivery is in the log, so would be a second one of this request.
    const later = await inferScale(gateway.url, { x: 9 });
    await until(() => network.delivered.has(later.receipt));
    expect(network.delivered.get(answer.receipt)).toEqual([String(Buffer.byteLength(answer.text))]);
    expect(network.receiptsOf('deliver-1')).toHaveLength(1);
  });

  it('PROTOCOL 5.1: sequences have no gap, each receipt names the one before, and the stream stands before them', async () => {
    const answers = [];
    for (let i = 0; i < 5; i++) answers.push(await inferScale(gateway.url, { x: i }));
    const receipts = await Promise.all(
      answers.map(async ({ receipt }) => openStatement(await entryOf(receipt))),
    );
    for (const [i, receipt] of receipts.entries()) {
      if (receipt.kind !== 'output.receipt') throw new Error(receipt.kind);
      if (i === 0) continue;
      const before = receipts[i - 1] as (typeof receipts)[0] & { predicate: { sequence: string } };
      expect(receipt.predicate.previous).toBe(before.id);
      expect(Number(receipt.predicate.sequence)).toBe(Number(before.predicate.sequence) + 1);
    }
  });
});

describe('bad input gets a typed error in the protocol’s shape, and the next request is answered', () => {
  const post = async (
    path: string,
    body: string | Uint8Array<ArrayBuffer>,
  ): Promise<{ status: number; error: string }> => {
    const response = await fetch(gateway.url + path, { method: 'POST', body });
    const { error, ...rest } = (await response.json()) as { error: string };
    expect(rest).toEqual({});
    return { status: response.status, error };
  };
  const tensor = (change: object): string =>
    JSON.stringify({ inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 1], data: [1], ...change }] });

  it.each([
    ['JSON that ends early', '{"inputs": [', 400],
    ['a shape that the data does not fill', tensor({ shape: [3, 1] }), 400],
    ['a shape that the version does not take', tensor({ shape: [1, 2], data: [1, 2] }), 400],
    ['another dtype than the version’s', tensor({ datatype: 'INT32' }), 400],
    ['an input that the version does not have', tensor({ name: 'z' }), 400],
    [
      'NaN, which JSON cannot say',
      '{"inputs":[{"name":"x","datatype":"FP32","shape":[1,1],"data":[NaN]}]}',
      400,
    ],
    [
      'a verification level that is not offered',
      JSON.stringify({
        parameters: { assay_verification: 'audited' },
        inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 1], data: [1] }],
      }),
      422,
    ],
    [
      'a parameter that nobody reads',
      JSON.stringify({
        parameters: { temperature: 0.5 },
        inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 1], data: [1] }],
      }),
      400,
    ],
    [
      'a channel that does not exist',
      JSON.stringify({
        parameters: { assay_channel: 'nowhere' },
        inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 1], data: [1] }],
      }),
      404,
    ],
  ])('%s', async (_name, body, status) => {
    const answer = await post('/v2/models/scale/infer', body);
    expect(answer.error).toMatch(/^\w+\[[\w-]+\]: /);
    expect(answer.status).toBe(status);
    expect((await inferScale(gateway.url)).status).toBe(200);
  });

  it('NaN in binary form is refused by the version’s own rule', async () => {
    const head = JSON.stringify({
      inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 1], parameters: { binary_data_size: 4 } }],
    });
    const body = Buffer.concat([Buffer.from(head), Buffer.from([0, 0, 0xc0, 0x7f])]);
    const response = await fetch(`${gateway.url}/v2/models/scale/infer`, {
      method: 'POST',
      headers: { 'inference-header-content-length': String(head.length) },
      body,
    });
    expect(response.status).toBe(400);
    expect(((await response.json()) as { error: string }).error).toContain('NaN');
  });

  it('unknown models and versions are 404 and say which there are', async () => {
    expect((await post('/v2/models/none/infer', tensor({}))).status).toBe(404);
    const unknown = await post('/v2/models/scale/versions/v9/infer', tensor({}));
    expect(unknown).toMatchObject({ status: 404 });
    expect(unknown.error).toContain('v1');
  });

  it('a body over the limit is 413 before it is read', async () => {
    const answer = await post('/v2/models/scale/infer', new Uint8Array(17 * 2 ** 20));
    expect(answer.status).toBe(413);
    expect((await inferScale(gateway.url)).status).toBe(200);
  });

  it('a client that stops in the middle of its body holds up nobody', async () => {
    const half = fetch(`${gateway.url}/v2/models/scale/infer`, {
      method: 'POST',
      body: new ReadableStream({ start: (c) => c.enqueue(new Uint8Array(10)) }),
      signal: AbortSignal.timeout(500),
      duplex: 'half',
    } as RequestInit).catch(() => 'gone');
    expect((await inferScale(gateway.url)).status).toBe(200);
    expect(await half).toBe('gone');
    expect((await inferScale(gateway.url)).status).toBe(200);
  });

  it('nodes answer gateways that have joined, and nobody else', async () => {
    const response = await fetch(`${node.url}/assay/v1/execute`, { method: 'POST', body: 'x' });
    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({ error: 'NodeError', code: 'unauthorised' });
  });

  it('an unauthorised decision is in the log and obeyed by nobody', async () => {
    const v2 = await network.publish('v2', 3);
    const thief = await network.join('thief', ['owner']);
    const nonce = 'ab'.repeat(16);
    const predicate = { channel: network.channel(), to: { [v2.digest]: 10_000 }, nonce };
    const { id } = await network.log.append(
      signStatement('channel.decide', predicate, thief.identity.signer),
    );
    await until(() => network.follower.registry.ignored.some((each) => each.id === id));
    await until(
      async () =>
        ((await (await fetch(`${node.url}/assay/v1/state`)).json()) as { logSize: number }).logSize >=
        network.follower.registry.size,
    );
    expect((await inferScale(gateway.url, { x: 2 })).y).toBe(4);
  });
});

describe('the Open Inference Protocol’s other requests', () => {
  const get = async (path: string): Promise<unknown> => (await fetch(gateway.url + path)).json();

  it('health, server and model metadata', async () => {
    expect(await get('/v2/health/live')).toEqual({ live: true });
    expect(await get('/v2')).toMatchObject({ name: 'assay', extensions: ['binary_tensor_data'] });
    expect(await get('/v2/models/scale')).toMatchObject({
      name: 'scale',
      inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 1] }],
      outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, 1] }],
    });
    expect(await get('/v2/models/scale/versions/v1/ready')).toEqual({ name: 'scale', ready: true });
  });

  it('a model by its full name, with the slash encoded', async () => {
    const response = await fetch(
      `${gateway.url}/v2/models/${encodeURIComponent(network.model())}/versions/${v1.digest}`,
    );
    expect(response.status).toBe(200);
  });

  it('the binary data extension: exact bytes in and out', async () => {
    const head = JSON.stringify({
      parameters: { binary_data_output: true },
      inputs: [{ name: 'x', datatype: 'FP32', shape: [2, 1], parameters: { binary_data_size: 8 } }],
    });
    const values = Buffer.from(Float32Array.of(1.5, -2).buffer);
    const response = await fetch(`${gateway.url}/v2/models/scale/infer`, {
      method: 'POST',
      headers: { 'inference-header-content-length': String(head.length) },
      body: Buffer.concat([Buffer.from(head), values]),
    });
    expect(response.status).toBe(200);
    const length = Number(response.headers.get('inference-header-content-length'));
    const body = Buffer.from(await response.arrayBuffer());
    expect(body.length - length).toBe(8);
    expect([body.readFloatLE(length), body.readFloatLE(length + 4)]).toEqual([3, -4]);
  });
});
