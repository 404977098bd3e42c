/** A settler as one running server. */
import { readFileSync } from 'node:fs';
import type { Clock, Entropy } from '@assay/core';
import { parsePolicy } from '@assay/log';
import type { Logger } from 'pino';
import { Follower } from '../follow/index.ts';
import { LogClient } from '../log-client/index.ts';
import { listen, type RunningService } from '../serving/index.ts';
import { createSettlerApp } from './app.ts';
import type { SettlerConfig } from './config.ts';
import { Settler } from './settler.ts';

/** What comes in from outside the process. */
export interface Outside {
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly log: Logger;
}

/**
 * Starts a settler. Resolves once it listens; `/health` is 200 once it has joined and its rounds go well.
 *
 * @throws TermsError, KeyFileError, PolicyError, TxError
 */
export async function startSettler(config: SettlerConfig, outside: Outside): Promise<RunningService> {
  const { clock, log } = outside;
  const client = new LogClient(config.log.url);
  const policy = parsePolicy(readFileSync(config.log.policy));
  const settler = new Settler(config, { ...outside, client, policy });
  const view = new Follower({
    log: client,
    policy,
    clock,
    pollMs: config.log.pollMs,
    onRecord: (record, { entry }) => settler.note(record, entry),
    onError: (error) => log.warn({ err: error }, 'following the log'),
  });
  const app = createSettlerApp({
    keyId: settler.keyId,
    clock,
    registry: view.registry,
    state: () => settler.state(),
    settleNow: () => settler.settleNow(),
    leafProof: (receipt) => settler.leafProof(receipt),
    refund: (incident) => settler.refund(incident),
  });
  const server = await listen(app, config.listen);
  view.start();
  const failure = Promise.withResolvers<unknown>();
  const starting = settler.start(view, config.endpoint ?? server.url).catch(failure.resolve);
  return {
    ready: { listening: server.url, keyId: settler.keyId, name: config.name },
    failure: failure.promise,
    stop: async () => {
      await server.close();
      const stopped = settler.stop();
      await starting;
      await stopped;
      await view.stop();
    },
  };
}
