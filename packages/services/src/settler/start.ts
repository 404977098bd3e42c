/** A settler as one running server. */
import { readFileSync } from 'node:fs';
import { parsePolicy } from '@assay/log';
import { followLog, type Outside, startParticipant } from '../participant/index.ts';
import type { RunningService } from '../serving/index.ts';
import { createSettlerApp } from './app.ts';
import type { SettlerConfig } from './config.ts';
import { Settler } from './settler.ts';

/**
 * Starts a settler. Resolves once it listens; `/health` is 200 once it has joined and its rounds go well.
 *
 * @throws TermsError, KeyFileError, PolicyError, TxError
 */
export async function startSettler(config: SettlerConfig, outside: Outside): Promise<RunningService> {
  const { client, view } = followLog(config.log, outside, {
    onRecord: (record, { entry }) => settler.note(record, entry),
  });
  const policy = parsePolicy(readFileSync(config.log.policy));
  const settler: Settler = new Settler(config, { ...outside, client, policy, view });
  const app = createSettlerApp({
    keyId: settler.keyId,
    clock: outside.clock,
    registry: view.registry,
    state: () => settler.state(),
    settleNow: () => settler.settleNow(),
    leafProof: (receipt) => settler.leafProof(receipt),
    refund: (incident) => settler.refund(incident),
  });
  return startParticipant({ participant: settler, name: config.name, view, app, address: config });
}
