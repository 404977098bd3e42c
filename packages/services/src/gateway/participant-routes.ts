/** GET /assay/v1/participants/{key id}: the join by which a key became a participant, with the proof that it is in the log. */
import { base64 } from '@assay/core';
import type { Registry } from '@assay/views';
import type { Hono } from 'hono';
import type { LogClient } from '../log-client/index.ts';
import type { NodeBindings } from '../serving/index.ts';
import { GatewayError } from './gateway-error.ts';

/** What this route needs. */
export interface ParticipantService {
  readonly view: { readonly registry: Registry; readonly witnessedSize: number };
  readonly log: LogClient;
}

/** What is answered: the entry's exact bytes and its `.tlog-proof`, both in base64. */
interface ProvenJoin {
  readonly entry: string;
  readonly proof: string;
}

/** Adds the route. An answer that was fetched from the log once is kept: a join never changes. */
export function participantRoutes(app: Hono<NodeBindings>, service: ParticipantService): void {
  const kept = new Map<string, ProvenJoin>();
  app.get('/assay/v1/participants/:key', async (c) => {
    const key = c.req.param('key');
    const join = kept.get(key) ?? (await provenJoin(key, service));
    kept.set(key, join);
    return c.json(join);
  });
}

async function provenJoin(key: string, { view, log }: ParticipantService): Promise<ProvenJoin> {
  const participant = view.registry.participants.get(key);
  if (participant === undefined) {
    throw new GatewayError('unknown-participant', {
      what: `no participant ${key.slice(0, 80)} has joined`,
      fix: 'Check the key id.',
    });
  }
  const index = participant.joinedAt;
  if (index >= view.witnessedSize) {
    throw new GatewayError('not-yet', {
      what: `the join of ${key} is not witnessed yet`,
      fix: 'Ask again in a second.',
    });
  }
  for await (const [entry] of log.entries(index, index + 1)) {
    if (entry === undefined) break;
    return { entry: base64(entry), proof: base64(await log.proof(index, 'witnessed')) };
  }
  throw new TypeError(`the log has no entry ${index}, which was read before`);
}
