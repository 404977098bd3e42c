/** A gateway as one running server. */
import { readFileSync } from 'node:fs';
import type { Clock, Entropy } from '@assay/core';
import { parsePolicy } from '@assay/log';
import type { Logger } from 'pino';
import { Follower, OUTPUT_KINDS } from '../follow/index.ts';
import { LogClient } from '../log-client/index.ts';
import { logSink } from '../participant/index.ts';
import { listen, type RunningService } from '../serving/index.ts';
import { createGatewayApp } from './app.ts';
import type { GatewayConfig } from './config.ts';
import { Gateway } from './gateway.ts';

/** What comes in from outside the process. */
export interface Outside {
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly log: Logger;
}

const RELEASE = '0.1.0';

/**
 * Starts a gateway. Resolves once it listens; it is ready (`/v2/health/ready`) once it has joined.
 *
 * @throws KeyFileError, OutboxError, PolicyError
 */
export async function startGateway(config: GatewayConfig, outside: Outside): Promise<RunningService> {
  const { clock, log } = outside;
  const client = new LogClient(config.log.url);
  const view = new Follower({
    log: client,
    policy: parsePolicy(readFileSync(config.log.policy)),
    clock,
    pollMs: config.log.pollMs,
    skim: OUTPUT_KINDS,
    onRecord: (record) => gateway.note(record),
    onError: (error) => log.warn({ err: error }, 'following the log'),
  });
  const gateway: Gateway = new Gateway(config, {
    ...outside,
    view,
    sink: logSink(client),
    logClient: client,
  });
  let publicUrl = config.endpoint ?? '';
  const app = createGatewayApp({
    infer: gateway.inferContext,
    proofs: { view, log: client, ledger: gateway.ledger },
    publicUrl: () => publicUrl,
    maxInFlight: config.maxInFlight,
    maxBodyBytes: config.maxBodyBytes,
    waitTimeoutMs: config.waitTimeoutMs,
    isReady: () => gateway.isReady,
    release: RELEASE,
    till: gateway.till,
    logger: log,
  });
  const server = await listen(app, config.listen);
  publicUrl ||= server.url;
  view.start();
  const failure = Promise.withResolvers<unknown>();
  const starting = gateway.start(publicUrl).catch(failure.resolve);
  void gateway.failure.then(failure.resolve);
  return {
    ready: { listening: server.url, keyId: gateway.keyId, name: config.name },
    failure: failure.promise,
    stop: async () => {
      gateway.refuse();
      await server.close();
      await starting;
      await gateway.stop();
      await view.stop();
    },
  };
}
