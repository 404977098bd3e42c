/** The official x402 client and facilitator work against the development stand-ins, exact to the unit. */
import { getAddress, parseEventLogs, type Hex } from 'viem';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BatchSettlementEvmScheme as Client } from '@x402/evm/batch-settlement/client';
import { BatchSettlementEvmScheme as Facilitator } from '@x402/evm/batch-settlement/facilitator';
import { computeChannelId } from '@x402/evm/batch-settlement/client';
import { ExactEvmScheme as ExactClient } from '@x402/evm/exact/client';
import { ExactEvmScheme as ExactFacilitator } from '@x402/evm/exact/facilitator';
import { toClientEvmSigner, toFacilitatorEvmSigner } from '@x402/evm';
import type { PaymentPayload, PaymentRequirements } from '@x402/core/types';
import { devBatchSettlementAbi, devTokenAbi } from '../../packages/pay/src/node/chain/artifacts/abis.ts';
import { CANONICAL, TestChain, account } from './support/anvil.ts';

const NETWORK = 'eip155:31337';
const payer = account(1);
const session = account(2);
const gateway = account(3);
const receiver = account(4);

let chain: TestChain;
let token: Hex;
let facilitator: Facilitator;
let client: Client;
let requirements: PaymentRequirements;

beforeAll(async () => {
  chain = await TestChain.start();
  token = await chain.deploy('DevToken');
  const minted = await chain.wallet(account(0)).writeContract({
    address: token,
    abi: devTokenAbi,
    functionName: 'mint',
    args: [payer.address, 1_000_000n],
  });
  await chain.receipt(minted);
  const signer = toFacilitatorEvmSigner(facilitatorClient() as never);
  facilitator = new Facilitator(signer, gateway as never);
  client = freshClient();
  requirements = {
    scheme: 'batch-settlement',
    network: NETWORK,
    amount: '2500',
    asset: token,
    payTo: receiver.address,
    maxTimeoutSeconds: 3600,
    extra: {
      name: 'Simulated USD',
      version: '1',
      receiverAuthorizer: gateway.address,
      withdrawDelay: 900,
      minDeposit: '100000',
    },
  } as PaymentRequirements;
}, 30_000);

afterAll(async () => {
  await chain?.stop();
});

/** A client without memory: it finds its payment channel on the chain. */
function freshClient(): Client {
  return new Client(toClientEvmSigner(payer as never, chain.client as never), {
    voucherSigner: session as never,
  });
}

/** viem's calls in the shape that the official facilitator wants; receipts by asking until they are there. */
function facilitatorClient(): object {
  const wallet = chain.wallet(gateway);
  return Object.assign(Object.create(null), {
    address: gateway.address,
    readContract: (args: never) => chain.client.readContract(args),
    verifyTypedData: (args: never) => chain.client.verifyTypedData(args),
    getCode: (args: never) => chain.client.getCode(args),
    writeContract: (args: never) => wallet.writeContract(args),
    sendTransaction: (args: never) => wallet.sendTransaction(args),
    waitForTransactionReceipt: ({ hash }: { hash: Hex }) => chain.receipt(hash),
  });
}

async function paid(): Promise<PaymentPayload> {
  const result = await client.createPaymentPayload(2, requirements);
  return { ...result, accepted: requirements } as unknown as PaymentPayload;
}

function envelope(payload: unknown): PaymentPayload {
  return { x402Version: 2, accepted: requirements, payload } as PaymentPayload;
}

async function settled(payload: unknown): Promise<{ amount?: string; transaction: string }> {
  const response = await facilitator.settle(envelope(payload), requirements);
  expect(response, JSON.stringify(response)).toMatchObject({ success: true });
  return response;
}

async function balance(of: Hex): Promise<bigint> {
  return chain.client.readContract({
    address: token,
    abi: devTokenAbi,
    functionName: 'balanceOf',
    args: [of],
  });
}

const channelOf = async (id: Hex): Promise<readonly bigint[]> =>
  chain.client.readContract({
    address: CANONICAL.DevBatchSettlement,
    abi: devBatchSettlementAbi,
    functionName: 'channels',
    args: [id],
  });

describe('x402 batch-settlement, @x402/evm against DevBatchSettlement', () => {
  it('the id of a payment channel is what the official client computes', async () => {
    const config = client.buildChannelConfig(requirements);
    const id = await chain.client.readContract({
      address: CANONICAL.DevBatchSettlement,
      abi: devBatchSettlementAbi,
      functionName: 'getChannelId',
      args: [config],
    });
    expect(id).toBe(computeChannelId(config, NETWORK));
  });

  it('deposits, takes vouchers, claims, sweeps and refunds to the unit', async () => {
    const config = client.buildChannelConfig(requirements);
    const id = computeChannelId(config, NETWORK);

    const deposit = await paid();
    expect(deposit.payload).toMatchObject({ type: 'deposit', deposit: { amount: '100000' } });
    expect(await facilitator.verify(deposit, requirements)).toMatchObject({ isValid: true });
    await settled(deposit.payload);
    expect(await channelOf(id)).toEqual([100_000n, 0n]);
    expect(await balance(payer.address)).toBe(900_000n);

    const voucher = await freshClient().createPaymentPayload(2, { ...requirements, amount: '25000' });
    expect(voucher.payload).toMatchObject({ type: 'voucher' });
    const verified = await facilitator.verify(
      { ...voucher, accepted: requirements } as unknown as PaymentPayload,
      requirements,
    );
    expect(verified).toMatchObject({ isValid: true, extra: { balance: '100000', totalClaimed: '0' } });

    const signed = (voucher.payload as { voucher: { maxClaimableAmount: string; signature: Hex } }).voucher;
    const claim = {
      voucher: { channel: config, maxClaimableAmount: signed.maxClaimableAmount },
      signature: signed.signature,
      totalClaimed: '17501',
    };
    await settled({ type: 'claim', claims: [claim] });
    expect(await channelOf(id)).toEqual([100_000n, 17_501n]);

    const swept = await settled({ type: 'settle', receiver: receiver.address, token });
    expect(swept.amount).toBe('17501');
    expect(await balance(receiver.address)).toBe(17_501n);

    const refund = { type: 'refund', channelConfig: config, voucher: { channelId: id, ...signed } };
    const back = await settled({ ...refund, amount: '2499', refundNonce: '0', claims: [] });
    expect(back.amount).toBe('2499');
    const rest = await settled({
      ...refund,
      amount: '1000000',
      refundNonce: '1',
      claims: [{ ...claim, totalClaimed: '20000' }],
    });
    expect(rest.amount).toBe('77501');
    expect(await channelOf(id)).toEqual([20_000n, 20_000n]);
    expect(await balance(payer.address)).toBe(980_000n);
    expect(await balance(CANONICAL.DevBatchSettlement)).toBe(2_499n);
  });

  it('refuses a claim above the voucher, a foreign voucher, a refund signed before', async () => {
    const config = client.buildChannelConfig(requirements);
    const { payload } = await freshClient().createPaymentPayload(2, requirements);
    const { voucher } = payload as { voucher: { maxClaimableAmount: string; signature: Hex } };
    const claim = {
      voucher: { channel: config, maxClaimableAmount: voucher.maxClaimableAmount },
      signature: voucher.signature,
      totalClaimed: (BigInt(voucher.maxClaimableAmount) + 1n).toString(),
    };
    const reasonOf = async (raw: unknown): Promise<unknown> =>
      (await facilitator.settle(envelope(raw), requirements)).errorReason;
    expect(await reasonOf({ type: 'claim', claims: [claim] })).toMatch(/claim_simulation_failed/);
    const foreign = { ...config, salt: `0x${'11'.repeat(32)}` as Hex };
    const replayed = { ...claim, voucher: { ...claim.voucher, channel: foreign }, totalClaimed: '1' };
    expect(await reasonOf({ type: 'claim', claims: [replayed] })).toMatch(/claim_simulation_failed/);
    const stale = {
      type: 'refund',
      channelConfig: config,
      voucher: { channelId: '0x', ...voucher },
      amount: '1',
    };
    expect(await reasonOf({ ...stale, refundNonce: '0', claims: [] })).toMatch(/refund/);
  });
});

describe('x402 exact, @x402/evm against DevToken', () => {
  it('settles one signed transfer, once', async () => {
    const exact = { ...requirements, scheme: 'exact', amount: '1234' } as PaymentRequirements;
    const signer = toFacilitatorEvmSigner(facilitatorClient() as never);
    const official = new ExactFacilitator(signer);
    const payment = await new ExactClient(payer as never).createPaymentPayload(2, exact);
    const payload = { ...payment, accepted: exact } as unknown as PaymentPayload;
    expect(await official.verify(payload, exact)).toMatchObject({ isValid: true });
    const before = await balance(receiver.address);
    const response = await official.settle(payload, exact);
    expect(response, JSON.stringify(response)).toMatchObject({ success: true });
    expect(await balance(receiver.address)).toBe(before + 1_234n);
    expect(await official.verify(payload, exact)).toMatchObject({ isValid: false });
    const receipt = await chain.receipt(response.transaction as Hex);
    const [used] = parseEventLogs({ abi: devTokenAbi, logs: receipt.logs, eventName: 'AuthorizationUsed' });
    expect(used?.args.authorizer).toBe(getAddress(payer.address));
  });
});
