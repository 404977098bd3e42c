/** The third party of the differential run: a real chain with the x402 contracts, on which what was captured is claimed. */
import {
  type Address,
  BATCH_SETTLEMENT_ADDRESS,
  type ChannelConfig,
  DEPOSIT_COLLECTOR_ADDRESS,
  depositNonce,
  paymentChannelId,
  type PaymentSigner,
  paymentSigner,
  receiveDigest,
  voucherDigest,
} from '@assay/pay';
import {
  type Anvil,
  claimCall,
  deployDevContracts,
  devAddress,
  devBatchSettlementAbi,
  devTokenAbi,
  loadSecp256k1,
  publicClient,
  readPaymentChannel,
  readTokenBalance,
  startAnvil,
} from '@assay/pay/node';
import { encodeAbiParameters, encodeFunctionData } from 'viem';
import { CHANNELS } from './step.ts';

const CHAIN_ID = 31_337;
const TOKEN = devAddress('DevToken');
const RECEIVER: Address = `0x${'b'.repeat(40)}`;
const AUTHORIZER: Address = `0x${'c'.repeat(40)}`;
const curve = loadSecp256k1(console.error);
const signerOf = (number: number): PaymentSigner => {
  const secret = new Uint8Array(32).fill(1);
  new DataView(secret.buffer).setUint32(0, 1_000 + number);
  return paymentSigner(secret, curve);
};

/** Two payment channels for each payer; one key signs its deposits, another its vouchers. */
export const payers = Array.from({ length: CHANNELS / 2 }, (_, i) => signerOf(i));
const sessions = Array.from({ length: CHANNELS / 2 }, (_, i) => signerOf(100 + i));
const configs: readonly ChannelConfig[] = Array.from({ length: CHANNELS }, (_, channel) => ({
  payer: payers[channel >> 1]!.address,
  payerAuthorizer: sessions[channel >> 1]!.address,
  receiver: RECEIVER,
  receiverAuthorizer: AUTHORIZER,
  token: TOKEN,
  withdrawDelay: 900,
  salt: `0x${String(channel).padStart(64, '0')}`,
}));
const ids = configs.map((config) => paymentChannelId(config, CHAIN_ID));

/** A payment channel and a voucher on it, signed for real. */
export const realVoucher = (channel: number, ceiling: bigint) => ({
  paymentChannel: ids[channel]!,
  config: configs[channel]!,
  ceiling: String(ceiling),
  signature: sessions[channel >> 1]!.sign(voucherDigest(ids[channel]!, ceiling, CHAIN_ID)),
});

/** What a ledger says of one payment channel. */
export interface Standing {
  readonly captured: bigint;
  readonly ceiling: bigint;
  readonly signature: string;
}

/** A chain that follows a ledger. */
export class ChainSide {
  readonly #anvil: Anvil;
  readonly #deposited: bigint[] = ids.map(() => 0n);
  #salts = 0;

  private constructor(anvil: Anvil) {
    this.#anvil = anvil;
  }

  static async start(): Promise<ChainSide> {
    const anvil = await startAnvil({ chainId: CHAIN_ID, port: 0 });
    const funded = [AUTHORIZER];
    await deployDevContracts(anvil.rpc, { chainId: CHAIN_ID, arguments: { DevToken: [] }, funded });
    await anvil.rpc.call('anvil_impersonateAccount', [AUTHORIZER]);
    return new ChainSide(anvil);
  }

  /**
   * Deposits what was funded, claims what was captured, sweeps it, and compares every balance.
   *
   * @returns what differs
   */
  async settle(
    funded: readonly bigint[],
    standings: readonly (Standing | undefined)[],
  ): Promise<string | undefined> {
    for (const [channel, amount] of funded.entries()) await this.#deposit(channel, amount);
    const claims = standings.flatMap((standing, channel) => {
      if (standing === undefined || standing.captured === 0n) return [];
      const voucher = { maxClaimableAmount: standing.ceiling, signature: standing.signature };
      return [{ config: configs[channel]!, voucher, totalClaimed: standing.captured }];
    });
    const client = publicClient(this.#anvil.rpc, CHAIN_ID);
    // A claim that claims nothing new is refused on the chain.
    const fresh: typeof claims = [];
    for (const claim of claims) {
      const { totalClaimed } = await readPaymentChannel(client, paymentChannelId(claim.config, CHAIN_ID));
      if (totalClaimed > claim.totalClaimed) return `${totalClaimed} claimed, ${claim.totalClaimed} captured`;
      if (totalClaimed < claim.totalClaimed) fresh.push(claim);
    }
    if (fresh.length > 0) {
      await this.#send(claimCall(fresh));
      const sweep = { abi: devBatchSettlementAbi, functionName: 'settle', args: [RECEIVER, TOKEN] } as const;
      await this.#send({ to: BATCH_SETTLEMENT_ADDRESS, data: encodeFunctionData(sweep) });
    }
    return this.#compare(standings);
  }

  stop(): Promise<void> {
    return this.#anvil.stop();
  }

  async #compare(standings: readonly (Standing | undefined)[]): Promise<string | undefined> {
    const client = publicClient(this.#anvil.rpc, CHAIN_ID);
    let sum = 0n;
    for (const [channel, id] of ids.entries()) {
      const { balance, totalClaimed } = await readPaymentChannel(client, id);
      const captured = standings[channel]?.captured ?? 0n;
      if (totalClaimed !== captured)
        return `channel ${channel}: ${totalClaimed} on the chain, not ${captured}`;
      if (balance !== this.#deposited[channel]) return `channel ${channel}: holds ${balance}`;
      sum += captured;
    }
    const received = await readTokenBalance(client, TOKEN, RECEIVER);
    return received === sum ? undefined : `the receiver has ${received}, ${sum} was captured`;
  }

  /** Brings a channel's deposit up to what it was funded with, by a signed EIP-3009 authorization. */
  async #deposit(channel: number, funded: bigint): Promise<void> {
    const amount = funded - this.#deposited[channel]!;
    if (amount <= 0n) return;
    const payer = payers[channel >> 1]!;
    const mint = encodeFunctionData({
      abi: devTokenAbi,
      functionName: 'mint',
      args: [payer.address, amount],
    });
    await this.#send({ to: TOKEN, data: mint });
    const salt = `0x${String(++this.#salts).padStart(64, '0')}`;
    const digest = receiveDigest(
      { name: 'Simulated USD', version: '1', chainId: CHAIN_ID, verifyingContract: TOKEN },
      {
        from: payer.address,
        to: DEPOSIT_COLLECTOR_ADDRESS,
        value: amount,
        validAfter: 0n,
        validBefore: 1n << 40n,
        nonce: depositNonce(ids[channel]!, salt),
      },
    );
    const collected = encodeAbiParameters(
      [{ type: 'uint256' }, { type: 'uint256' }, { type: 'uint256' }, { type: 'bytes' }],
      [0n, 1n << 40n, BigInt(salt), payer.sign(digest)],
    );
    const args = [configs[channel] as never, amount, DEPOSIT_COLLECTOR_ADDRESS, collected] as const;
    const data = encodeFunctionData({ abi: devBatchSettlementAbi, functionName: 'deposit', args });
    await this.#send({ to: BATCH_SETTLEMENT_ADDRESS, data });
    this.#deposited[channel] = funded;
  }

  async #send({ to, data }: { readonly to: string; readonly data: string }): Promise<void> {
    const { rpc } = this.#anvil;
    const transaction = { from: AUTHORIZER, to, data, gas: '0x1c9c380' };
    const hash = await rpc.call<string>('eth_sendTransaction', [transaction]);
    // A block may be there before its receipts are.
    let receipt: { status: string } | null = null;
    for (let tries = 0; receipt === null && tries < 1_000; tries++) {
      receipt = await rpc.call<{ status: string } | null>('eth_getTransactionReceipt', [hash]);
      if (receipt === null) await new Promise((resolve) => setTimeout(resolve, 5));
    }
    if (receipt?.status !== '0x1') throw new Error(`a transaction to ${to} came to ${receipt?.status}`);
  }
}
