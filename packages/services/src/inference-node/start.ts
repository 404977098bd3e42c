/** An inference node as one running server. */
import { SERVED_KINDS } from '../follow/index.ts';
import { followLog, logSink, type Outside, startParticipant } from '../participant/index.ts';
import type { RunningService } from '../serving/index.ts';
import { createNodeApp } from './app.ts';
import { Callers } from './callers.ts';
import type { NodeConfig } from './config.ts';
import { InferenceNode } from './node.ts';

/**
 * Starts a node. Resolves once it listens; it is ready (`/health`) once its stream is in the log.
 *
 * @throws KeyFileError, OutboxError, PolicyError
 */
export async function startInferenceNode(config: NodeConfig, outside: Outside): Promise<RunningService> {
  const { clock, log } = outside;
  const { client, view } = followLog(config.log, outside, {
    skim: SERVED_KINDS,
    onRecord: (record) => node.note(record),
  });
  const node: InferenceNode = new InferenceNode(config, { ...outside, view, sink: logSink(client) });
  const app = createNodeApp({
    keyId: node.keyId,
    callers: new Callers(view, clock),
    clock,
    log,
    maxBodyBytes: config.maxBodyBytes,
    execute: (request, gateway) => node.execute(request, gateway),
    kept: (receipt) => node.kept(receipt),
    publishedBlob: (blob) => node.publishedBlob(blob),
    chunk: (blob, chunk) => node.chunk(blob, chunk),
    state: () => node.state(),
  });
  return startParticipant({ participant: node, name: node.name, view, app, address: config });
}
