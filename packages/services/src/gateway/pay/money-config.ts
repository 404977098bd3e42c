/** What a gateway must know of money: the chain, the token, the vault, and how much it lets itself in for. */
import { z } from 'zod';

const address = z.string().regex(/^0x[0-9a-f]{40}$/, { error: 'expected an address in lower case' });
const amount = z.string().regex(/^(0|[1-9][0-9]{0,38})$/, { error: 'expected atomic units' });

/** The member `money` of a gateway's configuration; a gateway without it serves free models only. */
export const moneyConfigSchema = z.strictObject({
  /** CAIP-2, such as `eip155:8453`. */
  network: z.string().regex(/^eip155:[1-9][0-9]{0,14}$/, { error: 'expected eip155:<chain id>' }),
  /** JSON-RPC of the chain. */
  rpc: z.url(),
  token: z.strictObject({
    address,
    symbol: z.string().min(1).max(32),
    decimals: z.int().min(0).max(36),
    /** EIP-712 domain of the token's signatures. */
    name: z.string().min(1),
    version: z.string().min(1),
  }),
  vault: address,
  /** Who claims on payment channels: the settler. */
  receiverAuthorizer: address,
  /** Seconds between a payer's wish to withdraw from a payment channel and the withdrawal. */
  withdrawDelay: z.int().min(900).max(2_592_000),
  /** SQLite file of the transactions that this gateway sends. */
  transactions: z.string().min(1),
  /** Blocks after which a transaction is final. */
  confirmations: z.int().min(1).default(1),
  /** Smallest first deposit that is announced, in atomic units. */
  minDeposit: amount.default('1000000'),
  /** KiB of output that an offer's ceiling allows for. */
  outputAllowanceKib: z.int().min(1).max(65_536).default(16),
  /** Seconds for which an offer, and a payment without an order, is good. */
  offerSeconds: z.int().min(30).default(300),
  /** Most that may be held without a witness having seen it, in atomic units (PROTOCOL 4.3). */
  maxUnwitnessedExposure: amount.default('1000000000'),
  /**
   * Key ids of gateways whose charge of a payer's request makes this one let its own go: those of the same operator, so
   * that an answer that was lost and asked of both is paid once. Whoever is named here can keep this one from being paid.
   */
  peers: z.array(z.string().regex(/^ed25519:[0-9a-f]{64}$/, { error: 'expected a key id' })).default([]),
});

export type MoneyConfig = z.infer<typeof moneyConfigSchema>;
