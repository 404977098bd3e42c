/** An inference node as one running server. */
import { readFileSync } from 'node:fs';
import type { Clock, Entropy } from '@assay/core';
import { parsePolicy } from '@assay/log';
import type { Logger } from 'pino';
import { Follower, OUTPUT_KINDS } from '../follow/index.ts';
import { LogClient } from '../log-client/index.ts';
import { logSink } from '../participant/index.ts';
import { listen, type RunningService } from '../serving/index.ts';
import { createNodeApp } from './app.ts';
import { Callers } from './callers.ts';
import type { NodeConfig } from './config.ts';
import { InferenceNode } from './node.ts';

/** What comes in from outside the process. */
export interface Outside {
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly log: Logger;
}

/**
 * Starts a node. Resolves once it listens; it is ready (`/health`) once its stream is in the log.
 *
 * @throws KeyFileError, OutboxError, PolicyError
 */
export async function startInferenceNode(config: NodeConfig, outside: Outside): Promise<RunningService> {
  const { clock, log } = outside;
  const client = new LogClient(config.log.url);
  const follower = new Follower({
    log: client,
    policy: parsePolicy(readFileSync(config.log.policy)),
    clock,
    pollMs: config.log.pollMs,
    skim: OUTPUT_KINDS,
    onRecord: (record) => node.note(record),
    onError: (error) => log.warn({ err: error }, 'following the log'),
  });
  const sink = logSink(client);
  const node: InferenceNode = new InferenceNode(config, { ...outside, view: follower, sink });
  const app = createNodeApp({
    keyId: node.keyId,
    callers: new Callers(follower, clock),
    clock,
    log,
    maxBodyBytes: config.maxBodyBytes,
    execute: (request, gateway) => node.execute(request, gateway),
    kept: (receipt) => node.kept(receipt),
    publishedBlob: (blob) => node.publishedBlob(blob),
    chunk: (blob, chunk) => node.chunk(blob, chunk),
    state: () => node.state(),
  });
  const server = await listen(app, config.listen);
  follower.start();
  const failure = Promise.withResolvers<unknown>();
  const starting = node.start(config.endpoint ?? server.url).catch(failure.resolve);
  void node.failure.then(failure.resolve);
  return {
    ready: { listening: server.url, keyId: node.keyId, name: node.name },
    failure: failure.promise,
    stop: async () => {
      node.refuse();
      await server.close();
      await starting;
      await node.stop();
      await follower.stop();
    },
  };
}
