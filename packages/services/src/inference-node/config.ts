/** The configuration file of an inference node. */
import { z } from 'zod';
import { FAULTS } from './fault.ts';

const text = z.string().min(1);

/** What the file holds; times in seconds, sizes in bytes. */
export const nodeConfigSchema = z.strictObject({
  /** Participant name; a deliberate fault is added to it. */
  name: z.string().regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, { error: 'expected a-z 0-9 . _ -' }),
  /** `host:port`; port 0 takes a free one. */
  listen: z.string().regex(/^\S+:[0-9]{1,5}$/, { error: 'expected host:port' }),
  /** URL at which gateways reach it; the listening address when absent. It is stated once, on joining. */
  endpoint: z.url().optional(),
  /** Key file, mode 0600; made if absent. */
  identity: text,
  /** Directory of the outbox; made if absent. */
  outbox: text,
  /** Where versions are loaded from: a description of the storage network, and a directory that caches by digest. */
  storage: z.strictObject({ network: text, cache: text }),
  log: z.strictObject({
    url: z.url(),
    /** File with the tlog-policy by which this node judges the log; never fetched from the log. */
    policy: text,
    pollMs: z.int().min(10).default(250),
  }),
  /** Key id of the participant that answers for this node. */
  operator: z.string().optional(),
  /** Full names of the channels served. */
  channels: z.union([z.literal('all'), z.array(text)]).default('all'),
  threads: z.int().min(1).max(256).default(1),
  sessions: z.int().min(1).max(1_024).default(8),
  maxInFlight: z.int().min(1).default(64),
  maxBodyBytes: z
    .int()
    .min(1_024)
    .default(16 * 2 ** 20),
  leaseSeconds: z.int().min(2).default(600),
  idleSeconds: z.int().min(1).default(60),
  maxDecisionAge: z.number().positive().default(30),
  /** Days that payloads are kept for verifiers and retries: until the dispute window ends (PROTOCOL 8.2). */
  keepDays: z.number().positive().default(30),
  fault: z.enum(FAULTS).optional(),
});

export type NodeConfig = z.infer<typeof nodeConfigSchema>;
