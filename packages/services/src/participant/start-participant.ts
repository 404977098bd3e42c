/** How every serving process that takes part in a log lives: it follows the log, listens, joins, and stops in order. */
import { readFileSync } from 'node:fs';
import type { Clock, Entropy } from '@assay/core';
import { parsePolicy } from '@assay/log';
import type { Hono } from 'hono';
import type { Logger } from 'pino';
import { Follower, type FollowerOptions } from '../follow/index.ts';
import { LogClient } from '../log-client/index.ts';
import { listen, type NodeBindings, type RunningService } from '../serving/index.ts';

/** What comes in from outside the process. */
export interface Outside {
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly log: Logger;
}

/** Where a log is, and the file that says whom to trust about it. */
export interface FollowedLog {
  readonly url: string;
  readonly policy: string;
  readonly pollMs: number;
}

/** A log that is followed; `view.start()` begins. @throws PolicyError */
export function followLog(
  { url, policy, pollMs }: FollowedLog,
  { clock, log }: Pick<Outside, 'clock' | 'log'>,
  options: Required<Pick<FollowerOptions, 'onRecord'>> & Pick<FollowerOptions, 'skim' | 'onSkimmed'>,
): { readonly client: LogClient; readonly view: Follower } {
  const client = new LogClient(url);
  const view = new Follower({
    log: client,
    policy: parsePolicy(readFileSync(policy)),
    clock,
    pollMs,
    ...options,
    onError: (error) => log.warn({ err: error }, 'following the log'),
  });
  return { client, view };
}

/** Somebody who takes part, apart from its surface. */
export interface Participant {
  readonly keyId: string;
  /** Joins, and becomes ready. @param endpoint URL at which it is reached */
  start(endpoint: string): Promise<void>;
  /** Takes nothing more from now on. */
  refuse(): void;
  stop(): Promise<void>;
  /** Resolves when it can promise nothing any more. */
  readonly failure: Promise<unknown>;
}

/** Serves `app` for a participant. Resolves once it listens; it is ready once it has joined. */
export async function startParticipant(of: {
  readonly participant: Participant;
  readonly name: string;
  readonly view: Follower;
  readonly app: Hono<NodeBindings>;
  readonly address: { readonly listen: string; readonly endpoint?: string | undefined };
  /** Told where it listens, before anything is asked. */
  readonly onListening?: (url: string) => void;
}): Promise<RunningService> {
  const { participant, name, view, app, address } = of;
  const server = await listen(app, address.listen);
  of.onListening?.(server.url);
  view.start();
  const failure = Promise.withResolvers<unknown>();
  const starting = participant.start(address.endpoint ?? server.url).catch(failure.resolve);
  void participant.failure.then(failure.resolve);
  return {
    ready: { listening: server.url, keyId: participant.keyId, name },
    failure: failure.promise,
    stop: async () => {
      // Nobody new comes in, what is being answered is finished, and only then does the participant leave.
      participant.refuse();
      await server.close();
      await starting;
      await participant.stop();
      await view.stop();
    },
  };
}
