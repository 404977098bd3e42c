/** A gateway as one running server. */
import { SERVED_KINDS } from '../follow/index.ts';
import { followLog, logSink, type Outside, startParticipant } from '../participant/index.ts';
import type { RunningService } from '../serving/index.ts';
import { createGatewayApp } from './app.ts';
import type { GatewayConfig } from './config.ts';
import { Gateway } from './gateway.ts';

const RELEASE = '0.1.0';

/**
 * Starts a gateway. Resolves once it listens; it is ready (`/v2/health/ready`) once it has joined.
 *
 * @throws KeyFileError, OutboxError, PolicyError
 */
export async function startGateway(config: GatewayConfig, outside: Outside): Promise<RunningService> {
  const { client, view } = followLog(config.log, outside, {
    skim: SERVED_KINDS,
    onSkimmed: (found, index) => gateway.skimmed(found, index),
    onRecord: (record) => gateway.note(record),
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
    logger: outside.log,
  });
  return startParticipant({
    participant: gateway,
    name: config.name,
    view,
    app,
    address: config,
    onListening: (url) => (publicUrl ||= url),
  });
}
