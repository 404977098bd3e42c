/** An explanation believes nobody: the charge's leaf is made again, and its root is the one on the chain, or it says so. */
import { base64 } from '@assay/core';
import { evmHex, feeOf, merkleProof, paymentChannelId } from '@assay/core/money';
import { formatTlogProof } from '@assay/log';
import { beforeAll, describe, expect, it } from 'vitest';
import { NETWORK, type PaidLog, configOf, CHAIN, payer, PRICE } from '../../views/test/money/paid-log.ts';
import { curve, paidRealLog, type RealHost } from '../../verify/test/support/paid-real-log.ts';
import { NOW, policy } from '../../verify/test/support/real-log.ts';
import { Gateway } from '../src/gateway.ts';
import { explainPayment } from '../src/money/explain.ts';
import type { BookedPayment } from '../src/money/payment.ts';

const GATEWAY = 'http://gateway.example';
const RPC = 'http://chain.example';
const clock = { now: () => NOW * 1_000 };
const word = (value: bigint): string => value.toString(16).padStart(64, '0');

/** What a gateway tells of a payment, and what the vault answers; each can be bent. */
interface World {
  readonly told: Record<string, unknown> & { leaf?: { proof: unknown } };
  readonly vault: { root: string; postedAt: bigint; refunded: boolean; chainId: number };
}

let log: PaidLog<RealHost>;
let booked: BookedPayment;
let root: string;
let siblings: string[];

beforeAll(() => {
  log = paidRealLog();
  const [, receipt = ''] = log.charged(5);
  const { charges, leaves, ...content } = log.batched();
  ({ root } = content);
  log.witness();
  const charge = log.money.chargeOf(receipt)!;
  siblings = merkleProof(leaves, charges.indexOf(charge)).map(evmHex);
  const fee = feeOf({ feeBps: 500 }, PRICE);
  booked = {
    receipt,
    request: charge.output.receipt.request.id,
    model: charge.output.receipt.model,
    version: charge.output.receipt.version,
    gateway: GATEWAY,
    at: NOW * 1_000,
    status: 'held',
    quoted: '2000',
    reserved: '2000',
    charged: String(PRICE),
    released: String(2_000n - PRICE),
    split: { node: String(PRICE - fee), gateway: String(fee) },
    order: charge.output.receipt.order!,
    voucher: { paymentChannel: paymentChannelId(configOf(payer), CHAIN), ceiling: '1000000' },
    payer: payer.address,
    priceBook: charge.charge.priceBook,
    network: NETWORK,
  };
});

function world(): World {
  const { real } = log.log;
  const at = (index: number) => ({
    entry: base64(real.entries[index]!),
    proof: base64(formatTlogProof(real.proof(index))),
  });
  const charge = log.money.chargeOf(booked.receipt)!;
  return {
    told: {
      receipt: at(charge.output.index),
      charge: at(charge.index),
      batch: at(log.money.batches[0]!.index),
      leaf: { proof: [...siblings] },
    },
    vault: { root, postedAt: 1_700_000_000n, refunded: false, chainId: CHAIN },
  };
}

/** Explains in that world; without `rpc` nobody can ask the chain. */
async function explain({ told, vault }: World, rpc = true) {
  const fetch = async (url: string, init?: RequestInit): Promise<Response> => {
    if (url.startsWith(GATEWAY)) return Response.json(told);
    const { method, params } = JSON.parse(String(init?.body)) as {
      method: string;
      params: { data: string }[];
    };
    if (method === 'eth_chainId') return Response.json({ result: `0x${vault.chainId.toString(16)}` });
    const held = vault.root.slice(2) + [0n, 5n, vault.postedAt, 0n, 5n].map(word).join('');
    const isBatch = params[0]?.data.startsWith('0xb32c4d8d');
    return Response.json({ result: `0x${isBatch ? held : word(vault.refunded ? 1n : 0n)}` });
  };
  const chain = rpc ? { url: RPC, fetch } : undefined;
  return explainPayment(booked, new Gateway(GATEWAY, fetch), { policy, clock, curve, chain });
}

const refusal = { code: 'mismatch' };

describe('payments.explain', () => {
  it('makes the leaf again and proves it under the root that the vault holds; nothing stays unverified', async () => {
    const { proved, unverified, text, payment } = await explain(world());
    expect(proved.leaf).toBe('chain');
    expect(unverified).toEqual([]);
    expect(payment).toMatchObject({ status: 'captured', batch: '1' });
    expect(text).toContain('Its leaf, made again here, is under the root that the vault holds.');
  });

  it('finds a bent leaf: a sibling changed, one left out, one too many, another charge’s proof', async () => {
    const bends: ((proof: string[]) => unknown)[] = [
      ([first = '', ...rest]) => [first.replace(/.$/, (c) => (c === '0' ? '1' : '0')), ...rest],
      (proof) => proof.slice(1),
      (proof) => [...proof, root],
      () => ['0x12'],
      () => 'none',
    ];
    for (const bend of bends) {
      const bent = world();
      bent.told.leaf = { proof: bend(siblings) };
      await expect(explain(bent), String(bend)).rejects.toMatchObject(refusal);
    }
  });

  it('finds a batch with another root, and one that was never posted, on the chain', async () => {
    const other = world();
    other.vault.root = `0x${'1'.repeat(64)}`;
    await expect(explain(other)).rejects.toMatchObject(refusal);
    const never = world();
    never.vault.postedAt = 0n;
    await expect(explain(never)).rejects.toThrow(/no batch of that number/);
  });

  it('says what it could not verify, and why: no JSON-RPC, another chain, no vault, no proof', async () => {
    const without = await explain(world(), false);
    expect([without.proved.leaf, without.unverified]).toMatchObject([
      'log',
      [expect.stringContaining('no JSON-RPC of that chain was given')],
    ]);
    const elsewhere = world();
    elsewhere.vault.chainId = 8_453;
    expect((await explain(elsewhere)).unverified).toEqual([expect.stringContaining('it is chain 8453')]);
    const silent = world();
    delete silent.told.leaf;
    const unproven = await explain(silent);
    expect(unproven.proved.leaf).toBeUndefined();
    expect(unproven.unverified).toEqual([expect.stringContaining('gave no proof of its leaf')]);
    expect(unproven.text).toContain('Not verified: that the charge is in batch 1');
  });

  it('refuses a charge with another fee, payment channel or order than we paid by', async () => {
    const honest = booked;
    for (const bent of [
      { split: { node: String(PRICE), gateway: '0' } },
      { voucher: { paymentChannel: `0x${'3'.repeat(64)}`, ceiling: '1' } },
      { order: '4'.repeat(64) },
    ]) {
      booked = { ...honest, ...bent };
      await expect(explain(world())).rejects.toMatchObject(refusal);
    }
    booked = honest;
  });
});
