import { encodeTensors, type Predicate, systemClock, tensorOf } from '@assay/core';
import { addressOfPaymentKey, assayDomain, receiptPaymentDigest, recoverSigner } from '@assay/core/money';
import { moneyFlawOf } from '@assay/verify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { flawOf } from '../../src/gateway/check-answer.ts';
import { requestHashOf } from '../../src/gateway/request-hash.ts';
import {
  decodeExecuteResponse,
  encodeExecuteRequest,
  EXECUTE_PATH,
  type ExecuteHead,
  FRAME_TYPE,
  type ReadResponse,
} from '../../src/inference-node/wire/index.ts';
import { AUTHORIZATION, signRequest } from '../../src/participant/index.ts';
import { nobleSecp256k1 } from '@assay/pay';
import { type Actor, TestNetwork, until } from '../support/network.ts';
import type { ServiceProcess } from '../support/service-process.ts';

const VAULT = `0x${'5a'.repeat(20)}` as const;
const inputBytes = encodeTensors([
  tensorOf({ name: 'x', datatype: 'FP32', shape: [1, 1] }, Float32Array.of(21)),
]);

let network: TestNetwork;
let node: ServiceProcess;
let gateway: Actor;
let other: Actor;
let price = '';
let book: Predicate<'price.publish'>;
let pin = '';

const bookOf = (nonce: string): Predicate<'price.publish'> => ({
  model: network.model(),
  network: 'eip155:31337',
  asset: `0x${'aa'.repeat(20)}`,
  vault: VAULT,
  receiverAuthorizer: `0x${'bb'.repeat(20)}`,
  perRequest: '1000',
  perInputKib: '10',
  perOutputKib: '3',
  feeBps: 500,
  nonce: nonce.repeat(32),
});

beforeAll(async () => {
  network = await TestNetwork.start();
  pin = (await network.publish('v1', 2)).digest;
  await network.decide({ [pin]: 10_000 });
  gateway = await network.join('gateway-a', ['gateway']);
  other = await network.join('gateway-b', ['gateway']);
  book = bookOf('1');
  price = await gateway.say('price.publish', book);
  node = await network.node('node-a');
  await until(() => network.follower.registry.leases.of(node.keyId, pin) !== undefined);
}, 240_000);
afterAll(() => network.stop());

let next = 0;
const headOf = (payment: ExecuteHead['payment']): ExecuteHead => ({
  client: 'desk-7',
  id: `paid-${next++}`,
  model: network.model(),
  ask: { pin },
  parameters: {},
  verification: 'signed',
  attempt: 0,
  salts: { request: '1'.repeat(64), input: '2'.repeat(64), output: '3'.repeat(64) },
  ...(payment === undefined ? {} : { payment }),
});

async function ask(
  head: ExecuteHead,
  as = gateway,
): Promise<{ status: number; error: { code?: string; elsewhere?: boolean }; answer?: ReadResponse }> {
  const signed = { method: 'POST', path: EXECUTE_PATH, recipient: node.keyId };
  const response = await fetch(node.url + EXECUTE_PATH, {
    method: 'POST',
    headers: {
      'content-type': FRAME_TYPE,
      [AUTHORIZATION]: signRequest(signed, as.identity.signer, systemClock),
    },
    body: encodeExecuteRequest(head, inputBytes) as Uint8Array<ArrayBuffer>,
  });
  const body = new Uint8Array(await response.arrayBuffer());
  return response.status === 200
    ? { status: 200, error: {}, answer: decodeExecuteResponse(body) }
    : { status: response.status, error: JSON.parse(new TextDecoder().decode(body)) as { code: string } };
}

const paymentKeyOf = (keyId: string): string =>
  network.follower.registry.participants.get(keyId)?.paymentKey ?? '';
const order = 'c0'.repeat(32);

describe('a paid answer', () => {
  it('PROTOCOL 5.6: bears order and amount, and the payment key signs {node, stream, sequence, receipt, order, amount}', async () => {
    const { answer } = await ask(headOf({ order, priceBook: price, max: '1013' }));
    const { receipt, signer } = answer as ReadResponse;
    expect(receipt).toMatchObject({ order, amount: '1013' });
    const digest = receiptPaymentDigest(assayDomain(31_337, VAULT), signer, receipt);
    expect(recoverSigner(digest, `0x${receipt.paymentSignature}`)).toBe(
      addressOfPaymentKey(paymentKeyOf(node.keyId)),
    );
  });

  it('is refused above the order’s ceiling, whether the input alone or the answer goes over it', async () => {
    for (const max of ['1009', '1012']) {
      const refusal = await ask(headOf({ order, priceBook: price, max }));
      expect(refusal).toMatchObject({ status: 422, error: { code: 'price', elsewhere: false } });
    }
    // Nothing was signed for what was refused: the next receipt follows the one before.
    expect((await ask(headOf({ order, priceBook: price, max: '1013' }))).status).toBe(200);
  });

  it('is priced by a book of the gateway that asks, for the model that is asked, and by no other', async () => {
    const payment = { order, priceBook: price, max: '1013' };
    expect(await ask(headOf(payment), other)).toMatchObject({
      status: 404,
      error: { code: 'unknown-price', elsewhere: true },
    });
    expect((await ask(headOf({ ...payment, priceBook: 'd'.repeat(64) }))).status).toBe(404);
  });

  it('a free answer names no money', async () => {
    const { answer } = await ask(headOf(undefined));
    expect(answer?.receipt.amount).toBeUndefined();
    expect(answer?.receipt.paymentSignature).toBeUndefined();
  });

  it('an x402 client that knows no orders is answered without one', async () => {
    const { answer } = await ask(headOf({ priceBook: price, max: '5000' }));
    expect(answer?.receipt.order).toBeUndefined();
    expect(
      moneyFlawOf((answer as ReadResponse).receipt, {
        node: node.keyId,
        paymentKey: paymentKeyOf(node.keyId),
        book,
      }),
    ).toBeUndefined();
  });
});

describe('a gateway holds a node’s charge against what was ordered', () => {
  it('takes the true one, and none that is bent', async () => {
    const head = headOf({ order, priceBook: price, max: '1013' });
    const { answer } = (await ask(head)) as { answer: ReadResponse };
    const money = {
      price: { id: price, gateway: gateway.identity.keyId, book, index: 0 },
      paymentKeyOf,
      curve: nobleSecp256k1,
    };
    const requestHash = requestHashOf(head, inputBytes);
    const asked = { head, inputBytes, requestHash, node: node.keyId, money };
    const bent = (change: Partial<ReadResponse['receipt']>): ReadResponse => ({
      ...answer,
      receipt: { ...answer.receipt, ...change },
    });
    expect(flawOf(answer, asked)).toBeUndefined();
    expect(flawOf(bent({ order: 'e'.repeat(64) }), asked)).toMatch(/order/);
    expect(flawOf(bent({ amount: '1014' }), asked)).toMatch(/more than was ordered/);
    expect(flawOf(bent({ amount: '1012' }), asked)).toMatch(/its usage costs 1013/);
    const usage = { ...answer.receipt.usage, outputBytes: '5000' };
    expect(flawOf(bent({ usage }), asked)).toMatch(/counts other bytes/);
    expect(flawOf(bent({ paymentSignature: '00'.repeat(65) }), asked)).toMatch(/nobody/);
    expect(flawOf(bent({ stream: 'f'.repeat(32) }), asked)).toMatch(/payment signature/);
    const others = { ...money, paymentKeyOf: () => gateway.identity.paymentKey };
    expect(flawOf(answer, { ...asked, money: others })).toMatch(/payment signature/);
    const free = { ...asked, head: { ...headOf(undefined), id: head.id }, money: undefined };
    expect(flawOf(answer, { ...free, requestHash: requestHashOf(free.head, inputBytes) })).toMatch(
      /order|free/,
    );
    const other = { ...head, parameters: { temperature: '1' } };
    expect(flawOf(answer, { ...asked, requestHash: requestHashOf(other, inputBytes) })).toMatch(
      /request.hash/,
    );
  });
});
