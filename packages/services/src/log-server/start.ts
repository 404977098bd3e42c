/** A log server as one running process: recovery, the witnesses' word, HTTP, the publish loop. */
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type Clock, ed25519Signer, type Entropy, mldsa44Signer } from '@assay/core';
import { createIdentity, type Identity, loadIdentity } from '@assay/core/node';
import { parsePolicy, type Policy, type QuorumRule } from '@assay/log';
import {
  diskFiles,
  fetchWitnessCheckpoint,
  type Log,
  type LogError,
  openLog,
  openWitnessSeed,
  type SignGuard,
  sqliteRow,
  startGuard,
  witnessTargets,
  type WitnessFailure,
} from '@assay/log/node';
import { getRequestListener } from '@hono/node-server';
import { closerOf } from '../serving/index.ts';
import type { Admission } from './admission.ts';
import { createLogApp } from './app.ts';
import { appendHandler } from './append-handler.ts';
import type { LogServerConfig } from './config.ts';
import { opaqueAdmission } from './opaque-admission.ts';
import { Operator } from './operator.ts';
import { ProofSource } from './proof-source.ts';
import { Publisher } from './publisher.ts';
import { Quota } from './quota.ts';
import { LogServerError } from './server-error.ts';
import { statementAdmission } from './statement-admission.ts';

/** What the outside gives a log server. */
export interface LogServerOutside {
  readonly clock: Clock;
  readonly entropy: Entropy;
  /** Told of what needs a person's eye. */
  readonly onTrouble: (trouble: {
    what: string;
    failures?: readonly WitnessFailure[];
    cause?: unknown;
  }) => void;
}

export interface RunningLogServer {
  readonly url: string;
  readonly log: Log;
  readonly publisher: Publisher;
  /** Resolves with the reason if the writer ends by itself: then only opening the log again helps. */
  readonly ended: Promise<LogError>;
  /** Finishes what is being answered, then the log. */
  stop(): Promise<void>;
}

/** Milliseconds for a request's headers and for the whole of it: a slow client holds a socket, nothing more. */
const HEADERS_TIMEOUT_MS = 5_000;
const REQUEST_TIMEOUT_MS = 15_000;

/**
 * Opens the log and serves it; resolves once it listens.
 *
 * @throws LogError when the log may not sign; LogServerError `config`; PolicyError for the policy file
 */
export async function startLogServer(
  config: LogServerConfig,
  outside: LogServerOutside,
): Promise<RunningLogServer> {
  const policy = config.policyFile === undefined ? undefined : parsePolicy(readFileSync(config.policyFile));
  const identity = operatorIdentity(config, outside.entropy);
  const admission = admissionOf(config, identity, outside.clock);
  // First the port: a second start of the same server stops here, before it touches the log.
  const server = createServer();
  const close = closerOf(server);
  server.on('request', refuseWhileStarting);
  const url = await listen(server, config.listen);
  try {
    const log = await openServedLog(config, { policy, admission, outside });
    const operator = identity === undefined ? undefined : new Operator(log, admission, identity);
    const publisher = publisherOf(config, { log, policy, operator, outside });
    serveLog(server, config, { log, publisher, admission, outside });
    await operator?.join([config.publicUrl ?? url]);
    await operator?.activate(config.rules);
    // A crash between publishing and logging: what readers have seen is logged now.
    if (policy !== undefined && log.published !== undefined) await operator?.logCosigned(log.published);
    publisher.start();
    return { url, log, publisher, ended: log.ended, stop: () => stop(close, publisher, log) };
  } catch (error) {
    server.close();
    throw error;
  }
}

interface Served {
  readonly log: Log;
  readonly publisher: Publisher;
  readonly admission: Admission;
  readonly outside: LogServerOutside;
}

function serveLog(
  server: Server,
  config: LogServerConfig,
  { log, publisher, admission, outside }: Served,
): void {
  const proofs = new ProofSource(log, publisher, config.waitTimeout);
  const onFailure = (cause: unknown): void => outside.onTrouble({ what: 'a request failed', cause });
  const append = appendHandler({ log, admission, proofs, onFailure });
  const read = getRequestListener(createLogApp({ log, publisher, proofs, onFailure }).fetch);
  server.headersTimeout = HEADERS_TIMEOUT_MS;
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  server.off('request', refuseWhileStarting);
  server.on('request', (request, response) => {
    if (!append(request, response)) void read(request, response);
  });
}

/** Recovery reads the whole log back; until then every question has one answer. */
function refuseWhileStarting(_request: IncomingMessage, response: ServerResponse): void {
  const error = new LogServerError('starting', {
    what: 'the log is being read back',
    fix: 'Try again in a second.',
  });
  response.writeHead(503, { 'content-type': 'application/json', 'retry-after': '1', connection: 'close' });
  response.end(JSON.stringify(error.toJSON()));
}

function openServedLog(
  config: LogServerConfig,
  {
    policy,
    admission,
    outside,
  }: { policy: Policy | undefined; admission: Admission; outside: LogServerOutside },
): Promise<Log> {
  const seed = openWitnessSeed(config.seedFile, outside.entropy);
  return openLog({
    origin: config.origin,
    ed25519: ed25519Signer(seed),
    mldsa44: mldsa44Signer(seed),
    files: diskFiles(config.directory),
    row: sqliteRow(join(config.directory, 'log.db')),
    clock: outside.clock,
    describe: (entry) => admission.describe(entry),
    onEntry: (entry, index) => admission.logged(entry, index),
    ...(policy === undefined ? {} : { policy, guard: guardOf(policy, config.witnessTimeout) }),
    ...(config.segmentBytes === undefined ? {} : { segmentBytes: config.segmentBytes }),
  });
}

function publisherOf(
  config: LogServerConfig,
  {
    log,
    policy,
    operator,
    outside,
  }: { log: Log; policy: Policy | undefined; operator: Operator | undefined; outside: LogServerOutside },
): Publisher {
  return new Publisher({
    log,
    ...(policy === undefined ? {} : { policy }),
    intervalMs: config.checkpointInterval,
    refreshMs: config.refreshInterval,
    witnessTimeoutMs: config.witnessTimeout,
    onWitnessed: async (note) => {
      if (policy !== undefined) await operator?.logCosigned(note);
    },
    onTrouble: outside.onTrouble,
  });
}

/** PROTOCOL 4.2 over the policy's witnesses. Without a quorum of them there is nobody to ask. */
function guardOf(policy: Policy, timeoutMs: number): SignGuard {
  const views = witnessTargets(policy.witnesses).map((target) => ({
    name: target.name,
    lastCheckpoint: (origin: string) =>
      fetchWitnessCheckpoint(target, origin, AbortSignal.timeout(timeoutMs)),
  }));
  return startGuard(views, policy.quorum === 'none' ? views.length + 1 : smallestQuorum(policy.quorum));
}

/** Fewest witnesses that can meet the rule: all but this many less one must answer. */
function smallestQuorum(rule: QuorumRule): number {
  if ('verifier' in rule) return 1;
  const members = rule.members.map(smallestQuorum).toSorted((a, b) => a - b);
  return members.slice(0, rule.threshold).reduce((sum, count) => sum + count, 0);
}

function operatorIdentity({ operatorKeyFile }: LogServerConfig, entropy: Entropy): Identity | undefined {
  if (operatorKeyFile === undefined) return undefined;
  return existsSync(operatorKeyFile)
    ? loadIdentity(operatorKeyFile)
    : createIdentity(operatorKeyFile, entropy);
}

function admissionOf(config: LogServerConfig, identity: Identity | undefined, clock: Clock): Admission {
  if (config.admission === 'opaque' || identity === undefined) return opaqueAdmission();
  return statementAdmission(identity.keyId, new Quota(config.quota, clock));
}

function listen(server: Server, address: string): Promise<string> {
  const colon = address.lastIndexOf(':');
  const host = address.slice(0, colon).replace(/^\[|\]$/g, '');
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      const fix = 'Is this log server running already? Otherwise choose another address.';
      reject(new LogServerError('listen', { what: `${address} cannot be listened on`, fix, cause }));
    });
    server.listen(Number(address.slice(colon + 1)), host, () => {
      const { port } = server.address() as AddressInfo;
      resolve(`http://${host.includes(':') ? `[${host}]` : host}:${port}`);
    });
  });
}

async function stop(close: () => Promise<void>, publisher: Publisher, log: Log): Promise<void> {
  await publisher.stop();
  await close();
  await log.close();
}
