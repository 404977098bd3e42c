/** The configuration file of the process that runs the embedded chain. */
import { z } from 'zod';

const address = z.string().regex(/^0x[0-9a-fA-F]{40}$/, { error: 'expected an EVM address' });

const seconds = z.int().min(1);

/** What the contracts are told when the chain is made; a kept chain of another beginning is refused. */
const genesis = z.strictObject({
  terms: z.strictObject({
    settlementPeriod: seconds,
    hold: seconds,
    audit: seconds,
    dispute: seconds,
    veto: seconds,
    unbonding: seconds,
    withdrawDelay: seconds,
  }),
  /** Origin line of the log whose receipts are charged. */
  origin: z.string().min(1),
  settler: address,
  vetoer: address,
  treasury: address,
  /** Payment keys of the anchor's witnesses, as addresses. */
  witnesses: z.array(address).min(1),
  quorum: z.int().min(1),
  /** Atomic units. */
  bond: z.string().regex(/^[0-9]{1,38}$/, { error: 'expected an amount in atomic units' }),
  slashBps: z.int().min(1).max(10_000),
});

/** What the file holds. */
export const chainConfigSchema = z.strictObject({
  /** `host:port` of its JSON-RPC; port 0 takes a free one. */
  listen: z.string().regex(/^\S+:[0-9]{1,5}$/, { error: 'expected host:port' }),
  /** SQLite file that keeps the chain; made if absent. */
  database: z.string().min(1),
  chainId: z.int().min(1),
  /** Addresses that begin with ether, for their transactions. */
  funded: z.array(address),
  genesis,
  /** Transactions after which a snapshot replaces them. */
  snapshotEvery: z.int().min(1).default(500),
});

export type ChainConfig = z.infer<typeof chainConfigSchema>;
