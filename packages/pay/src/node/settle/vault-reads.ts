/** What the vault, the anchor and the registry say now. */
import type { PublicClient } from 'viem';
import { checkpointAnchorAbi, participantRegistryAbi, settlementVaultAbi } from '../chain/artifacts/abis.ts';

type Hex = `0x${string}`;

/** Addresses of our contracts, and the token. */
export interface SettlementContracts {
  readonly token: string;
  readonly vault: string;
  readonly registry: string;
  readonly anchor: string;
}

/** Where the vault stands. */
export interface VaultState {
  readonly batchCount: number;
  /** Batches cover the log up to this size. */
  readonly coveredTo: number;
  /** Money in it that it owes to nobody. */
  readonly unallocated: bigint;
}

/** A batch as the vault keeps it. */
export interface PostedBatch {
  readonly root: string;
  readonly channelsRoot: string;
  readonly total: bigint;
  /** Unix seconds. */
  readonly postedAt: number;
  readonly frozenUntil: number;
  readonly count: number;
}

/** A class refund as the vault keeps it. */
export interface PostedRefund {
  readonly state: 'none' | 'proposed' | 'executed';
  readonly root: string;
  readonly total: bigint;
  readonly funded: bigint;
  readonly paid: bigint;
  /** Unix seconds; 0 for none. */
  readonly executableAt: number;
}

/** Stake of one account. */
export interface StakeState {
  readonly bonded: bigint;
  readonly leaving: bigint;
  /** Slashed money that only refunds of this account's charges can use. */
  readonly forfeited: bigint;
  readonly leavesAt: number;
}

const ZERO_ROOT = `0x${'0'.repeat(64)}`;

/** Reads of one deployment. @throws viem's errors around RpcError */
export class VaultReads {
  readonly #client: PublicClient;
  readonly #at: SettlementContracts;

  constructor(client: PublicClient, at: SettlementContracts) {
    this.#client = client;
    this.#at = at;
  }

  async state(): Promise<VaultState> {
    const of = this.#vault;
    const [count, covered, unallocated] = await Promise.all([
      this.#client.readContract({ ...of, functionName: 'batchCount' }),
      this.#client.readContract({ ...of, functionName: 'coveredTo' }),
      this.#client.readContract({ ...of, functionName: 'unallocated' }),
    ]);
    return { batchCount: Number(count), coveredTo: Number(covered), unallocated };
  }

  async batch(number: number): Promise<PostedBatch | undefined> {
    const of = { ...this.#vault, functionName: 'batches', args: [BigInt(number)] } as const;
    const [root, channelsRoot, total, postedAt, frozenUntil, count] = await this.#client.readContract(of);
    return postedAt === 0 ? undefined : { root, channelsRoot, total, postedAt, frozenUntil, count };
  }

  /** What a batch still credits to an account. */
  credit(number: number, account: string): Promise<bigint> {
    const args = [BigInt(number), account as Hex] as const;
    return this.#client.readContract({ ...this.#vault, functionName: 'credits', args });
  }

  /** What is left of a held `exact` payment; 0 when it is not there. */
  async exactHeld(id: string): Promise<bigint> {
    const args = [id as Hex] as const;
    const [, , amount] = await this.#client.readContract({ ...this.#vault, functionName: 'held', args });
    return amount;
  }

  /** Whether the charge of the receipt at a log index was given back. */
  isRefunded(index: number): Promise<boolean> {
    const args = [BigInt(index)] as const;
    return this.#client.readContract({ ...this.#vault, functionName: 'isRefunded', args });
  }

  async refund(incident: string): Promise<PostedRefund> {
    const args = [incident as Hex] as const;
    const read = { ...this.#vault, functionName: 'refunds', args } as const;
    const [planHash, root, total, funded, paid, executableAt] = await this.#client.readContract(read);
    const state = executableAt === 0 ? 'none' : planHash === ZERO_ROOT ? 'executed' : 'proposed';
    return { state, root, total, funded, paid, executableAt };
  }

  /** The largest anchored size of a log. @param origin  its origin line by SHA-256 */
  async anchoredSize(origin: string): Promise<number> {
    const of = { address: this.#at.anchor as Hex, abi: checkpointAnchorAbi } as const;
    const args = [origin as Hex] as const;
    return Number(await this.#client.readContract({ ...of, functionName: 'latestSize', args }));
  }

  async stake(account: string): Promise<StakeState> {
    const of = { address: this.#at.registry as Hex, abi: participantRegistryAbi } as const;
    const args = [account as Hex] as const;
    const [bonded, leaving, forfeited, leavesAt] = await this.#client.readContract({
      ...of,
      functionName: 'stakes',
      args,
    });
    return { bonded, leaving, forfeited, leavesAt };
  }

  /** Seconds on the chain's clock, as a transaction would see them now. */
  async now(): Promise<number> {
    return Number((await this.#client.getBlock({ blockTag: 'pending' })).timestamp);
  }

  get #vault() {
    return { address: this.#at.vault as Hex, abi: settlementVaultAbi } as const;
  }
}
