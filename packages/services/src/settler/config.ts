/** The configuration file of a settler. */
import { z } from 'zod';

const text = z.string().min(1);
const address = z.string().regex(/^0x[0-9a-f]{40}$/, { error: 'expected an address in lower case' });
const seconds = z.int().min(1);

/** What the file holds; terms are in seconds. */
export const settlerConfigSchema = z.strictObject({
  /** Participant name. */
  name: z.string().regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, { error: 'expected a-z 0-9 . _ -' }),
  /** `host:port`; port 0 takes a free one. */
  listen: z.string().regex(/^\S+:[0-9]{1,5}$/, { error: 'expected host:port' }),
  /** URL at which others reach it; the listening address when absent. */
  endpoint: z.url().optional(),
  /** Key file, mode 0600; made if absent. Its payment key is the vault's settler and sends the transactions. */
  identity: text,
  /** SQLite file of signed transactions; made if absent. */
  transactions: text,
  /** File of how far withdrawals were watched, a cache of the chain; beside `transactions` when absent. */
  watched: text.optional(),
  log: z.strictObject({
    url: z.url(),
    policy: text,
    origin: text,
    pollMs: z.int().min(10).default(250),
  }),
  chain: z.strictObject({
    rpc: z.url(),
    chainId: z.int().min(1),
    token: address,
    vault: address,
    registry: address,
    anchor: address,
    /** Gets fees; what the vault was made with. */
    treasury: address,
    /** Blocks after which a transaction is final. */
    confirmations: z.int().min(1),
    /** Block that deployed the vault: events are read from there on. */
    deployedAt: z.int().min(0).default(0),
  }),
  /** Where witnesses sign for the anchor, and with which keys. */
  witnesses: z.array(z.strictObject({ url: z.url(), address })).min(1),
  /** Witnesses that must sign; what the anchor was made with. */
  quorum: z.int().min(1),
  terms: z.strictObject({
    settlementPeriod: seconds,
    hold: seconds,
    audit: seconds,
    dispute: seconds,
    veto: seconds,
    unbonding: seconds,
    withdrawDelay: seconds,
  }),
  /** The most of one batch: what one transaction can carry (10 million gas and less), its statement say, one answer prove. */
  batch: z
    .strictObject({
      charges: z.int().min(1).default(10_000),
      credits: z.int().min(2).max(100).default(100),
      captures: z.int().min(1).default(200),
    })
    .prefault({}),
  /** Key id of the participant that answers for this settler. */
  operator: z.string().optional(),
});

export type SettlerConfig = z.infer<typeof settlerConfigSchema>;
