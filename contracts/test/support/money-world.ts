/** A chain with the committed contracts deployed and wired, ten payers with payment channels, three nodes, four witnesses. */
import {
  devBatchSettlementAbi,
  devTokenAbi,
  devMulticall3Abi,
  checkpointAnchorAbi,
  participantRegistryAbi,
  settlementVaultAbi,
} from '../../../packages/pay/src/node/chain/artifacts/abis.ts';
import {
  encodeAbiParameters,
  getContractAddress,
  keccak256,
  toHex,
  type Abi,
  type Hex,
  type TypedDataDomain,
} from 'viem';
import { generatePrivateKey, privateKeyToAccount, type PrivateKeyAccount } from 'viem/accounts';
import { CANONICAL, TestChain, account } from './anvil.ts';

export const abis = {
  token: devTokenAbi,
  settlement: devBatchSettlementAbi,
  multicall: devMulticall3Abi,
  anchor: checkpointAnchorAbi,
  registry: participantRegistryAbi,
  vault: settlementVaultAbi,
} as const;

/** Addresses of a deployment. */
export interface Addresses {
  readonly token: Hex;
  readonly vault: Hex;
  readonly registry: Hex;
  readonly anchor: Hex;
}

export const HOLD = 3600;
export const VETO = 60;
export const ORIGIN = keccak256(toHex('a log of the bench'));
const RESPONSE = 300;
const CHAIN_ID = 31_337;
const SETTLER = 1;
const VETOER = 2;
const TREASURY = 3;

/** The parties; the settler sends everything, as it does on a network. */
export class MoneyWorld {
  readonly chain: TestChain;
  readonly at: Addresses;
  readonly witnesses: readonly PrivateKeyAccount[];
  readonly payers = Array.from({ length: 10 }, () => privateKeyToAccount(generatePrivateKey()));
  readonly nodes = Array.from({ length: 3 }, () => privateKeyToAccount(generatePrivateKey()).address);
  readonly treasury = account(TREASURY).address;
  readonly #sender: ReturnType<TestChain['wallet']>;

  private constructor(chain: TestChain, at: Addresses, witnesses: readonly PrivateKeyAccount[]) {
    this.chain = chain;
    this.at = at;
    this.witnesses = witnesses;
    this.#sender = chain.wallet(account(SETTLER));
  }

  static async start(): Promise<MoneyWorld> {
    const chain = await TestChain.start();
    const witnesses = Array.from({ length: 4 }, () => privateKeyToAccount(generatePrivateKey())).toSorted(
      (a, b) => (a.address.toLowerCase() < b.address.toLowerCase() ? -1 : 1),
    );
    const deployer = account(0).address;
    const nonce = await chain.client.getTransactionCount({ address: deployer });
    const predicted = (ahead: number): Hex =>
      getContractAddress({ from: deployer, nonce: BigInt(nonce + ahead) });
    const [registry, anchor] = [predicted(2), predicted(3)];
    const token = await chain.deploy('DevToken');
    const vault = await chain.deploy('SettlementVault', [
      {
        token,
        settlement: CANONICAL.DevBatchSettlement,
        anchor,
        registry,
        settler: account(SETTLER).address,
        vetoer: account(VETOER).address,
        treasury: account(TREASURY).address,
        origin: ORIGIN,
        hold: HOLD,
        response: RESPONSE,
        veto: VETO,
        bond: 0n,
      },
    ]);
    await chain.deploy('ParticipantRegistry', [token, vault, HOLD + RESPONSE + VETO, 5000]);
    await chain.deploy('CheckpointAnchor', [vault, witnesses.map(({ address }) => address), 3n]);
    return new MoneyWorld(chain, { token, vault, registry, anchor }, witnesses);
  }

  /** Sends one call as the settler and gives back the gas it used. @throws when it reverts */
  async gas(to: Hex, abi: Abi, functionName: string, args: readonly unknown[]): Promise<number> {
    const call = { address: to, abi, functionName, args, gas: 29_000_000n } as never;
    const hash = await this.#sender.writeContract(call);
    const receipt = await this.chain.receipt(hash);
    if (receipt.status !== 'success') {
      await this.chain.client.simulateContract({ ...(call as object), account: account(SETTLER) } as never);
      throw new Error(`${functionName} reverted`);
    }
    return Number(receipt.gasUsed);
  }

  /** Sends one call to the vault as somebody else, whose gas is paid. */
  async vaultAs(from: Hex, functionName: string, args: readonly unknown[]): Promise<void> {
    await this.chain.client.setBalance({ address: from, value: 10n ** 18n });
    await this.chain.client.impersonateAccount({ address: from });
    const call = { address: this.at.vault, abi: abis.vault, functionName, args, account: from } as never;
    const { status } = await this.chain.receipt(await this.chain.client.writeContract(call));
    if (status !== 'success') throw new Error(`${functionName} reverted`);
  }

  async mint(to: Hex, amount: bigint): Promise<void> {
    await this.gas(this.at.token, abis.token as Abi, 'mint', [to, amount]);
  }

  async balance(of: Hex): Promise<bigint> {
    return this.chain.client.readContract({
      address: this.at.token,
      abi: abis.token,
      functionName: 'balanceOf',
      args: [of],
    });
  }

  /** A plain EIP-3009 transfer, what `exact` costs per request; the receiver and the sender have balances before and after. */
  async transferWithAuthorization(nonce: Hex): Promise<number> {
    const [payer] = this.payers;
    if (payer === undefined) throw new Error('no payer');
    const to = this.treasury;
    const message = {
      from: payer.address,
      to,
      value: 1n,
      validAfter: 0n,
      validBefore: 2n ** 40n,
      nonce,
    };
    const signature = await payer.signTypedData({
      domain: this.#tokenDomain(),
      types: { TransferWithAuthorization: AUTHORIZATION },
      primaryType: 'TransferWithAuthorization',
      message,
    });
    return this.gas(this.at.token, abis.token as Abi, 'transferWithAuthorization', [
      ...Object.values(message),
      signature,
    ]);
  }

  /** A payer's channel towards the vault; the settler claims, the payer's own key signs vouchers. */
  channel(payer: PrivateKeyAccount) {
    return {
      payer: payer.address,
      payerAuthorizer: payer.address,
      receiver: this.at.vault,
      receiverAuthorizer: account(SETTLER).address,
      token: this.at.token,
      withdrawDelay: 900,
      salt: toHex(0, { size: 32 }),
    };
  }

  async channelId(payer: PrivateKeyAccount): Promise<Hex> {
    return this.chain.client.readContract({
      address: CANONICAL.DevBatchSettlement,
      abi: abis.settlement,
      functionName: 'getChannelId',
      args: [this.channel(payer)],
    });
  }

  async deposit(payer: PrivateKeyAccount, amount: bigint): Promise<number> {
    const salt = 1n;
    const nonce = keccak256(
      encodeAbiParameters([{ type: 'bytes32' }, { type: 'uint256' }], [await this.channelId(payer), salt]),
    );
    const signature = await payer.signTypedData({
      domain: this.#tokenDomain(),
      types: { ReceiveWithAuthorization: AUTHORIZATION },
      primaryType: 'ReceiveWithAuthorization',
      message: {
        from: payer.address,
        to: CANONICAL.DevDepositCollector,
        value: amount,
        validAfter: 0n,
        validBefore: 2n ** 40n,
        nonce,
      },
    });
    const data = encodeAbiParameters(
      [{ type: 'uint256' }, { type: 'uint256' }, { type: 'uint256' }, { type: 'bytes' }],
      [0n, 2n ** 40n, salt, signature],
    );
    return this.gas(CANONICAL.DevBatchSettlement, abis.settlement as Abi, 'deposit', [
      this.channel(payer),
      amount,
      CANONICAL.DevDepositCollector,
      data,
    ]);
  }

  /** Claims the same cumulative amount on every payer's channel in one call. */
  async claimAll(total: bigint): Promise<number> {
    const rows = [];
    for (const payer of this.payers) {
      const signature = await payer.signTypedData({
        domain: {
          name: 'x402 Batch Settlement',
          version: '1',
          chainId: CHAIN_ID,
          verifyingContract: CANONICAL.DevBatchSettlement,
        },
        types: { Voucher: VOUCHER },
        primaryType: 'Voucher',
        message: { channelId: await this.channelId(payer), maxClaimableAmount: total },
      });
      rows.push({
        voucher: { channel: this.channel(payer), maxClaimableAmount: total },
        signature,
        totalClaimed: total,
      });
    }
    return this.gas(CANONICAL.DevBatchSettlement, abis.settlement as Abi, 'claim', [rows]);
  }

  async sweep(): Promise<number> {
    return this.gas(CANONICAL.DevBatchSettlement, abis.settlement as Abi, 'settle', [
      this.at.vault,
      this.at.token,
    ]);
  }

  /** Anchors a checkpoint under three of the four witnesses' signatures. */
  async anchor(size: bigint, root: Hex = keccak256(toHex(size))): Promise<number> {
    const message = { origin: ORIGIN, size, root };
    const signatures = await Promise.all(
      this.witnesses.slice(0, 3).map(async (witness) =>
        witness.signTypedData({
          domain: { name: 'Assay', version: '1', chainId: CHAIN_ID, verifyingContract: this.at.vault },
          types: { Checkpoint: CHECKPOINT },
          primaryType: 'Checkpoint',
          message,
        }),
      ),
    );
    return this.gas(this.at.anchor, abis.anchor as Abi, 'post', [...Object.values(message), signatures]);
  }

  #tokenDomain(): TypedDataDomain {
    return { name: 'Simulated USD', version: '1', chainId: CHAIN_ID, verifyingContract: this.at.token };
  }
}

const AUTHORIZATION = [
  { name: 'from', type: 'address' },
  { name: 'to', type: 'address' },
  { name: 'value', type: 'uint256' },
  { name: 'validAfter', type: 'uint256' },
  { name: 'validBefore', type: 'uint256' },
  { name: 'nonce', type: 'bytes32' },
] as const;

const VOUCHER = [
  { name: 'channelId', type: 'bytes32' },
  { name: 'maxClaimableAmount', type: 'uint128' },
] as const;

const CHECKPOINT = [
  { name: 'origin', type: 'bytes32' },
  { name: 'size', type: 'uint64' },
  { name: 'root', type: 'bytes32' },
] as const;
