/** The chain of a lab: anvil with our contracts, a faucet, and what wallets do on it. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fromHex, hex, randomBytes, systemClock, unixSeconds } from '@assay/core';
import {
  type ChannelConfig,
  DEPOSIT_COLLECTOR_ADDRESS,
  addressOfPaymentKey,
  depositNonce,
  paymentChannelId,
  paymentSigner,
  receiveDigest,
  transferDigest,
} from '@assay/core/money';
import { type Identity } from '@assay/core/node';
import {
  type Anvil,
  DEV_FAUCET_KEY,
  type PublicClient,
  type SettlementTerms,
  type TxOutbox,
  VaultReads,
  approveCall,
  depositCall,
  deployDevContracts,
  devAddress,
  devTokenAbi,
  finalizeWithdrawCall,
  genesisArguments,
  initiateWithdrawCall,
  openTxOutbox,
  publicClient,
  readPaymentChannel,
  readTokenBalance,
  settlementVaultAbi,
  stakeCall,
  startAnvil,
} from '@assay/pay/node';
import { encodeFunctionData } from 'viem';
import { CHAIN_ID, ORIGIN, type Payer, TERMS, TOKEN, TOKEN_DOMAIN, VAULT } from './lab-terms.ts';

/** Whose deposit: the owner's key signs for the money, the session's address may spend it. */
export interface LabWallet {
  readonly owner: {
    readonly address: string;
    sign(digest: Uint8Array): `0x${string}` | Promise<`0x${string}`>;
  };
  readonly session: { readonly address: string };
}

/** Everybody's keys, and the chain. */
export class LabChain {
  readonly dir = mkdtempSync(join(tmpdir(), 'assay-settler-'));
  readonly people = new Map<string, Identity>();
  anvil!: Anvil;
  client!: PublicClient;
  reads!: VaultReads;
  protected faucet!: TxOutbox;
  protected gifts = 0;

  path(name: string): string {
    return join(this.dir, name);
  }

  identity(name: string): Identity {
    return this.people.get(name) as Identity;
  }

  address(name: string): string {
    return addressOfPaymentKey(this.identity(name).paymentKey);
  }

  balanceOf(address: string): Promise<bigint> {
    return readTokenBalance(this.client, TOKEN, address as `0x${string}`);
  }

  /** A payer whose payment channel holds nothing. @param terms  of the channel, where they differ */
  penniless(number: number, terms: Partial<ChannelConfig> = {}): Payer {
    const owner = this.wallet(number);
    return this.#payer({ owner, session: this.session(owner.address) }, terms);
  }

  /** A payer with `deposit` in a payment channel. @param terms  of the channel, where they differ */
  async payer(number: number, deposit: bigint, terms: Partial<ChannelConfig> = {}): Promise<Payer> {
    const owner = this.wallet(number);
    await this.mint(owner.address, deposit);
    return this.depositFrom({ owner, session: this.session(owner.address) }, deposit, terms);
  }

  #payer({ owner: wallet, session }: LabWallet, terms: Partial<ChannelConfig>): Payer {
    const config: ChannelConfig = {
      payer: wallet.address,
      payerAuthorizer: session.address,
      receiver: VAULT,
      receiverAuthorizer: this.address('settler'),
      token: TOKEN,
      withdrawDelay: TERMS.withdrawDelay,
      salt: `0x${'0'.repeat(64)}`,
      ...terms,
    };
    return {
      address: wallet.address,
      config,
      paymentChannel: paymentChannelId(config, CHAIN_ID),
      cumulative: 0n,
    };
  }

  /** A deposit out of what a wallet holds, in a payment channel without a salt. */
  async depositFrom(by: LabWallet, deposit: bigint, terms: Partial<ChannelConfig> = {}): Promise<Payer> {
    const wallet = by.owner;
    const payer = this.#payer(by, terms);
    const { config, paymentChannel } = payer;
    const salt = `0x${'1'.repeat(64)}`;
    const nonce = depositNonce(paymentChannel, salt);
    const validBefore = BigInt(unixSeconds(systemClock) + 600);
    const authorization = {
      from: wallet.address,
      to: DEPOSIT_COLLECTOR_ADDRESS,
      value: deposit,
      validAfter: 0n,
      validBefore,
      nonce,
    };
    const signature = await wallet.sign(receiveDigest(TOKEN_DOMAIN, authorization));
    const call = depositCall(config, { value: deposit, validAfter: 0n, validBefore, salt, signature });
    await this.faucet.send({ key: `deposit ${paymentChannel}`, ...call });
    return payer;
  }

  /** A payer's payment channel on the chain. */
  channel({ paymentChannel }: Payer): ReturnType<typeof readPaymentChannel> {
    return readPaymentChannel(this.client, paymentChannel as `0x${string}`);
  }

  async mint(to: string, amount: bigint): Promise<void> {
    const args = [to as `0x${string}`, amount] as const;
    const data = encodeFunctionData({ abi: devTokenAbi, functionName: 'mint', args });
    await this.faucet.send({ key: `mint ${to} ${amount} ${this.gifts++}`, to: TOKEN, data });
  }

  /** The payer's own wish to leave, as its wallet sends it. */
  async initiateWithdraw(payer: Payer, amount: bigint): Promise<void> {
    const { to, data } = initiateWithdrawCall(payer.config, amount);
    await this.sendAs(payer.address, to, data);
  }

  /** The payer takes out what it announced, once the delay is over. */
  async finalizeWithdraw(payer: Payer): Promise<void> {
    const { to, data } = finalizeWithdrawCall(payer.config);
    await this.sendAs(payer.address, to, data);
  }

  /** The node bonds money that it may lose. */
  async stake(amount: bigint): Promise<void> {
    const node = this.address('node');
    const registry = devAddress('ParticipantRegistry');
    await this.mint(node, amount);
    const { to, data } = approveCall(TOKEN, registry, amount);
    await this.sendAs(node, to, data);
    await this.sendAs(node, registry, stakeCall(registry, node, amount).data);
  }

  /** The vetoer stops a refund. @param name  as the vault knows it */
  async veto(name: string): Promise<void> {
    const args = [name as `0x${string}`] as const;
    const data = encodeFunctionData({ abi: settlementVaultAbi, functionName: 'vetoRefund', args });
    await this.sendAs(this.address('operator'), VAULT, data);
  }

  /** The chain's clock goes on. */
  async later(seconds: number): Promise<void> {
    await this.anvil.rpc.call('evm_increaseTime', [seconds]);
    await this.anvil.rpc.call('evm_mine');
  }

  /** As anybody's own wallet sends it. */
  protected async sendAs(from: string, to: string, data: string): Promise<string> {
    await this.anvil.rpc.call('anvil_impersonateAccount', [from]);
    await this.anvil.rpc.call('anvil_setBalance', [from, '0xde0b6b3a7640000']);
    const sent = await this.anvil.rpc.call<{ transactionHash: string }>('eth_sendTransactionSync', [
      { from, to, data },
    ]);
    await this.anvil.rpc.call('anvil_stopImpersonatingAccount', [from]);
    return sent.transactionHash;
  }

  /** An `exact` payment of `value`, brought into the vault by `by`. Returns its transaction and nonce. */
  async exact(
    number: number,
    value: bigint,
    by = 'gateway',
  ): Promise<{ payer: string; tx: string; nonce: string }> {
    const wallet = this.wallet(number);
    await this.mint(wallet.address, value);
    const nonce = `0x${hex(randomBytes(32))}` as const;
    const validBefore = BigInt(unixSeconds(systemClock) + 600);
    const authorization = { from: wallet.address, to: VAULT, value, validAfter: 0n, validBefore, nonce };
    const signature = wallet.sign(transferDigest(TOKEN_DOMAIN, authorization));
    const args = [wallet.address, value, 0n, validBefore, nonce, signature] as const;
    const data = encodeFunctionData({ abi: settlementVaultAbi, functionName: 'acceptExact', args });
    const tx = await this.sendAs(this.address(by), VAULT, data);
    return { payer: wallet.address, tx, nonce };
  }

  protected wallet = (number: number) => paymentSigner(fromHex(number.toString(16).padStart(64, '0')));
  protected session = (address: string) => paymentSigner(fromHex(address.slice(2).padStart(64, '1')));

  protected async startChain(terms: SettlementTerms): Promise<void> {
    this.anvil = await startAnvil({ chainId: CHAIN_ID });
    await deployDevContracts(this.anvil.rpc, {
      chainId: CHAIN_ID,
      arguments: genesisArguments({
        terms,
        origin: ORIGIN,
        settler: this.address('settler') as `0x${string}`,
        vetoer: this.address('operator') as `0x${string}`,
        treasury: this.address('gateway') as `0x${string}`,
        witnesses: [this.address('witness') as `0x${string}`],
        quorum: 1,
        bond: 10_000n,
        slashBps: 5_000,
      }),
      funded: ['settler', 'gateway', 'node'].map((name) => this.address(name) as `0x${string}`),
    });
    this.client = publicClient(this.anvil.rpc, CHAIN_ID);
    const contracts = {
      token: TOKEN,
      vault: VAULT,
      registry: devAddress('ParticipantRegistry'),
      anchor: devAddress('CheckpointAnchor'),
    };
    this.reads = new VaultReads(this.client, contracts);
    this.faucet = openTxOutbox({
      path: this.path('faucet.db'),
      rpc: this.anvil.rpc,
      chainId: CHAIN_ID,
      secret: fromHex(DEV_FAUCET_KEY.slice(2)),
      confirmations: 1,
      clock: systemClock,
    });
    this.faucet.start();
  }
}
