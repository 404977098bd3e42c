/** The configuration file of a gateway. */
import { z } from 'zod';
import { moneyConfigSchema } from './pay/money-config.ts';

const text = z.string().min(1);

/** What the file holds; sizes in bytes, times in milliseconds. */
export const gatewayConfigSchema = z.strictObject({
  /** Participant name. */
  name: z.string().regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, { error: 'expected a-z 0-9 . _ -' }),
  /** `host:port`; port 0 takes a free one. */
  listen: z.string().regex(/^\S+:[0-9]{1,5}$/, { error: 'expected host:port' }),
  /** URL at which clients reach it, and under which receipts are named; the listening address when absent. */
  endpoint: z.url().optional(),
  /** Key file, mode 0600; made if absent. */
  identity: text,
  /** Directory of the outbox; made if absent. */
  outbox: text,
  log: z.strictObject({
    url: z.url(),
    /** File with the tlog-policy by which this gateway judges the log; never fetched from the log. */
    policy: text,
    pollMs: z.int().min(10).default(250),
  }),
  /** Key id of the participant that answers for this gateway. */
  operator: z.string().optional(),
  /** Short name of the channel for requests that name neither channel nor version. */
  channel: z.string().default('prod'),
  /** Tries per request, each on another node as far as there are any. */
  attempts: z.int().min(1).max(10).default(3),
  attemptTimeoutMs: z.int().min(10).default(2_000),
  /** Longest wait for `wait=sequenced|witnessed`. */
  waitTimeoutMs: z.int().min(100).default(30_000),
  /** Requests at once; more are sent away. */
  maxInFlight: z.int().min(1).default(256),
  maxBodyBytes: z
    .int()
    .min(1_024)
    .default(16 * 2 ** 20),
  /** Days within which a retry gets the first answer again. */
  keepDays: z.number().positive().default(7),
  connectionsPerNode: z.int().min(1).default(16),
  /** Where and how this gateway is paid; without it, it serves free models only. */
  money: moneyConfigSchema.optional(),
});

export type GatewayConfig = z.infer<typeof gatewayConfigSchema>;
