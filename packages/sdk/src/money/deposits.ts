/** What a payer has deposited, in whichever payment channels: found by the chain's own events, so that none is out of sight. */
import {
  type Address,
  BATCH_SETTLEMENT_ADDRESS,
  type ChannelConfig,
  DEPOSIT_COLLECTOR_ADDRESS,
  type EvmHex,
  paymentChannelId,
  rangesUp,
} from '@assay/pay';
import { askChain, type ChainToAsk } from './chain-to-ask.ts';

/** A payment channel that the payer has paid into, as the chain holds it. Amounts are atomic units of `config.token`. */
export interface Deposit {
  readonly paymentChannel: EvmHex;
  /** Its terms: what the settlement contract wants to be shown for a withdrawal. */
  readonly config: ChannelConfig;
  /** Everything paid in, less what was withdrawn or given back. */
  readonly balance: bigint;
  /** What its receiver has claimed of that. */
  readonly claimed: bigint;
  /** A withdrawal that has begun: it can be finished `config.withdrawDelay` seconds after `initiatedAt`, in Unix seconds. */
  readonly withdrawal?: { readonly amount: bigint; readonly initiatedAt: number };
}

/** Which deposits. */
export interface DepositQuery {
  /** In this token only: anybody can open a channel in a payer's name in a token of its own making. */
  readonly token?: string;
  /** The block from which on there can be any; the whole chain is read where it is not known. */
  readonly fromBlock?: number;
}

/** keccak of `Transfer(address,address,uint256)`. */
const TRANSFER = '0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef';
/** keccak of `ChannelCreated(bytes32,(address,address,address,address,address,uint40,bytes32))`. */
const CHANNEL_CREATED = '0x69d8248d5566bdb2ebc4d218970710d8378a2ff9b709a999e052b71970f808fa';
/** The first four bytes of keccak over `channels(bytes32)` and `pendingWithdrawals(bytes32)`. */
const CHANNELS = '0x7a7ebd7b';
const PENDING_WITHDRAWALS = '0xb7f06ebe';
const WORD = 64;

interface ChainLog {
  readonly address: string;
  readonly topics: readonly string[];
  readonly data: string;
  readonly transactionHash: string;
}

/**
 * The deposits of a payer, in the order in which their channels were opened; emptied ones among them.
 *
 * @throws Error with the reason for people when the chain cannot tell
 */
export async function depositsOf(
  chain: ChainToAsk,
  payer: Address,
  { token, fromBlock = 0 }: DepositQuery = {},
): Promise<Deposit[]> {
  const [chainId, head] = (await Promise.all([
    askChain(chain, 'eth_chainId', []),
    askChain(chain, 'eth_blockNumber', []),
  ])) as [string, string];
  const opened = new Map<string, ChannelConfig>();
  for (const { from, to } of rangesUp({ from: fromBlock, to: Number(head) })) {
    for (const tx of await paidIn(chain, payer, { token, from, to })) {
      for (const config of await openedBy(chain, tx))
        if (config.payer === payer && (token === undefined || config.token === token))
          opened.set(paymentChannelId(config, Number(chainId)), config);
    }
  }
  return Promise.all(
    [...opened].map(async ([id, config]) => standing(chain, { paymentChannel: id as EvmHex, config })),
  );
}

/** Transactions that brought the payer's tokens to the collector: by its own address, since the contract is the whole world's. */
async function paidIn(
  chain: ChainToAsk,
  payer: Address,
  { token, from, to }: { readonly token: string | undefined; readonly from: number; readonly to: number },
): Promise<ReadonlySet<string>> {
  const filter = {
    ...(token === undefined ? {} : { address: token }),
    fromBlock: `0x${from.toString(16)}`,
    toBlock: `0x${to.toString(16)}`,
    topics: [TRANSFER, topicOf(payer), topicOf(DEPOSIT_COLLECTOR_ADDRESS)],
  };
  const logs = (await askChain(chain, 'eth_getLogs', [filter])) as readonly ChainLog[];
  return new Set(logs.map(({ transactionHash }) => transactionHash));
}

/** Terms of the channels that a transaction opened. */
async function openedBy(chain: ChainToAsk, tx: string): Promise<ChannelConfig[]> {
  const { logs } = (await askChain(chain, 'eth_getTransactionReceipt', [tx])) as {
    readonly logs: readonly ChainLog[];
  };
  const created = logs.filter(
    ({ address, topics }) =>
      address.toLowerCase() === BATCH_SETTLEMENT_ADDRESS && topics[0] === CHANNEL_CREATED,
  );
  return created.map(({ data }) => {
    const word = (at: number): string => data.slice(2 + at * WORD, 2 + (at + 1) * WORD).toLowerCase();
    const address = (at: number): Address => `0x${word(at).slice(24)}`;
    return {
      payer: address(0),
      payerAuthorizer: address(1),
      receiver: address(2),
      receiverAuthorizer: address(3),
      token: address(4),
      withdrawDelay: Number(`0x${word(5)}`),
      salt: `0x${word(6)}`,
    };
  });
}

async function standing(
  chain: ChainToAsk,
  of: { readonly paymentChannel: EvmHex; readonly config: ChannelConfig },
): Promise<Deposit> {
  const words = async (selector: string): Promise<[bigint, bigint]> => {
    const call = { to: BATCH_SETTLEMENT_ADDRESS, data: selector + of.paymentChannel.slice(2) };
    const held = String(await askChain(chain, 'eth_call', [call, 'latest']));
    if (!/^0x[0-9a-f]{128}$/.test(held)) throw new Error(`there is no settlement contract at ${call.to}`);
    return [BigInt(held.slice(0, 2 + WORD)), BigInt(`0x${held.slice(2 + WORD)}`)];
  };
  const [[balance, claimed], [amount, initiatedAt]] = await Promise.all([
    words(CHANNELS),
    words(PENDING_WITHDRAWALS),
  ]);
  const withdrawal = initiatedAt === 0n ? {} : { withdrawal: { amount, initiatedAt: Number(initiatedAt) } };
  return { ...of, balance, claimed, ...withdrawal };
}

const topicOf = (address: string): string => `0x${address.slice(2).toLowerCase().padStart(WORD, '0')}`;
