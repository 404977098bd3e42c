/** The configuration file of a log server process. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { LogServerError } from './server-error.ts';

const schema = z.strictObject({
  /** `host:port`; port 0 takes a free one, which the process then prints. */
  listen: z.string().regex(/^[^\s]+:[0-9]{1,5}$/, 'expected host:port'),
  /** Where others reach this log, when it is not where it listens. */
  publicUrl: z.url().optional(),
  /** The log's identity, a schema-less URL; the name of its keys. */
  origin: z.string().min(1),
  /** Directory of segments, tiles and the checkpoint row; made if absent. */
  directory: z.string().min(1),
  /** File with the 32-byte seed of both log keys in base64, mode 0600; made if absent. */
  seedFile: z.string().min(1),
  /** Identity file of the log's operator, who logs the witnessed checkpoints; made if absent. Needed for statements. */
  operatorKeyFile: z.string().min(1).optional(),
  /** tlog-policy file; absent: checkpoints are published unwitnessed. */
  policyFile: z.string().min(1).optional(),
  /** `statements` (default) as PROTOCOL 2.3 has it, or `opaque`: any bytes. */
  admission: z.enum(['statements', 'opaque']).default('statements'),
  /** Milliseconds between checkpoints. */
  checkpointInterval: z.int().min(10).default(500),
  /** Milliseconds after which an idle log has its tree cosigned anew. */
  refreshInterval: z.int().min(100).default(10_000),
  /** Milliseconds that one witness may take. */
  witnessTimeout: z.int().min(10).default(2_000),
  /** Milliseconds that `wait=witnessed` may wait. */
  waitTimeout: z.int().min(10).default(10_000),
  /** Digests of the rules that the operator puts in force from the start, `rules.activate` (PROTOCOL 4.6). */
  rules: z.array(z.string().regex(/^sha256:[0-9a-f]{64}$/, 'expected sha256:<64 digits>')).default([]),
  quota: z
    .strictObject({ perSecond: z.number().positive(), burst: z.number().min(1) })
    .default({ perSecond: 2_000, burst: 20_000 }),
  /** Bytes after which a segment is finished. */
  segmentBytes: z.int().min(1_024).optional(),
});

export type LogServerConfig = z.infer<typeof schema>;
/** The same before defaults. */
export type LogServerConfigInput = z.input<typeof schema>;

/** Reads the file at `path`. @throws LogServerError `config` */
export function loadLogServerConfig(path: string): LogServerConfig {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new LogServerError('config', { what: 'expected a JSON file', where: path, cause });
  }
  return parseLogServerConfig(value, path);
}

/** Checks a configuration and fills in its defaults. @throws LogServerError `config` */
export function parseLogServerConfig(value: unknown, where: string): LogServerConfig {
  const result = schema.safeParse(value);
  if (result.success) {
    if (result.data.admission === 'opaque' && result.data.rules.length > 0) {
      const what = 'a log of any bytes has no operator to put rules in force';
      throw new LogServerError('config', { what, where: `${where}: rules` });
    }
    if (result.data.admission === 'opaque' || result.data.operatorKeyFile !== undefined) return result.data;
    throw new LogServerError('config', {
      what: 'statements need an operator',
      where: `${where}: operatorKeyFile`,
    });
  }
  const issue = result.error.issues[0];
  throw new LogServerError('config', {
    what: issue?.message ?? 'does not fit',
    where: `${where}: ${issue?.path.join('.') ?? ''}`,
  });
}
