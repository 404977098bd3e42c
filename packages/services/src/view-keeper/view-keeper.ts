/** Keeps the views of one log and logs their roots when they are due (PROTOCOL 4.6, specs/view-root.md). */
import { readFileSync } from 'node:fs';
import { type Clock, type LogRecord, signStatement } from '@assay/core';
import { type Identity, loadIdentity } from '@assay/core/node';
import { parsePolicy } from '@assay/log';
import { isViewRootDue, RULES, Timeline, viewRootsAt } from '@assay/views';
import { witnessedAt } from '@assay/verify';
import type { Logger } from 'pino';
import { z } from 'zod';
import { followLog } from '../participant/index.ts';
import type { RunningService } from '../serving/index.ts';

/** The configuration file of a view keeper. */
export const viewKeeperConfigSchema = z.strictObject({
  /** The log operator's key file: nobody else's view roots count. */
  identity: z.string().min(1),
  origin: z.string().min(1),
  log: z.strictObject({ url: z.url(), policy: z.string().min(1), pollMs: z.int().min(10).default(500) }),
});

export type ViewKeeperConfig = z.infer<typeof viewKeeperConfigSchema>;

/** Starts following. @throws KeyFileError, PolicyError */
export function startViewKeeper(
  config: ViewKeeperConfig,
  outside: { clock: Clock; log: Logger },
): RunningService {
  const policy = parsePolicy(readFileSync(config.log.policy));
  const { client, view: follower } = followLog(config.log, outside, {
    onRecord: (record) => keeper.apply(record),
  });
  const keeper: ViewKeeper = new ViewKeeper(new Timeline(witnessedAt(policy)), {
    origin: config.origin,
    identity: loadIdentity(config.identity),
    append: (entry) => client.append(entry),
  });
  let stating: Promise<void> = Promise.resolve();
  follower.onAdvance(() => {
    stating = stating
      .then(() => keeper.stateIfDue())
      .catch((error: unknown) => outside.log.warn({ err: error }, 'stating the view roots; tried again'));
  });
  follower.start();
  return {
    ready: { listening: '-', follows: client.url },
    stop: async () => {
      await follower.stop();
      await stating;
    },
  };
}

interface Stating {
  readonly origin: string;
  readonly identity: Identity;
  readonly append: (entry: Uint8Array) => Promise<unknown>;
}

/** The views of a log, and the size at which their roots were last stated. */
export class ViewKeeper {
  readonly #timeline: Timeline;
  readonly #stating: Stating;
  #last = 0;

  constructor(timeline: Timeline, stating: Stating) {
    this.#timeline = timeline;
    this.#stating = stating;
  }

  apply(record: LogRecord): void {
    while (this.#timeline.size < record.index) this.#timeline.skip();
    this.#timeline.apply(record);
    const isOwn = record.kind === 'view.root' && record.signer === this.#stating.identity.keyId;
    if (isOwn) this.#last = Math.max(this.#last, Number(record.predicate.size));
  }

  /** States the roots at the newest witnessed size, if that is due. Safe to repeat: one size has one root. */
  async stateIfDue(): Promise<void> {
    const size = this.#timeline.witnessedSize;
    if (!isViewRootDue(size, this.#last)) return;
    const { origin, identity, append } = this.#stating;
    const roots = viewRootsAt(this.#timeline, size);
    await append(
      signStatement('view.root', { origin, size: String(size), rules: RULES, roots }, identity.signer),
    );
    this.#last = size;
  }
}
