/** Questions over several logs (PROTOCOL 3.4): which others are meant, and how an answer says what it knew of each. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FlagParametersForType } from '@stricli/core';
import { parsePolicy, type Policy } from '@assay/log';
import { LogClient } from '@assay/services';
import { JointTimeline, type ReadLog, type Timeline } from '@assay/views';
import type { CliContext } from './cli-context.ts';
import { CliError } from './cli-error.ts';
import { readFileBytes } from './content/read-file.ts';
import { asText, KNOWN_AT_FLAG, type KnownAtFlags } from './flags.ts';
import { readNetworkFile } from './network-file.ts';
import { readLog } from './read-timeline.ts';
import type { Session } from './session.ts';

/** At which sizes of which logs a question is asked. */
export interface OverLogsFlags extends KnownAtFlags {
  readonly with?: readonly string[];
}

/** `--known-at` and `--with`. */
export const OVER_LOGS_FLAGS: FlagParametersForType<OverLogsFlags, CliContext> = {
  ...KNOWN_AT_FLAG,
  with: {
    kind: 'parsed',
    parse: asText,
    brief:
      'Another log too: the folder of a network, or URL,POLICYFILE; with @SIZE as it was known at that size',
    variadic: true,
    optional: true,
    placeholder: 'LOG',
  },
};

interface OtherLog {
  readonly log: LogClient;
  readonly policy: Policy;
  readonly size: number | undefined;
}

/**
 * The timeline to ask, and at which size. Over several logs it is folded at the sizes asked for, so that its newest is
 * what was known.
 *
 * @throws CliError `usage` | `no-network`; KnownAtError; FollowError, LogClientError, PolicyError of either log
 */
export async function timelineOver(
  session: Session,
  { knownAt, with: others = [] }: OverLogsFlags,
): Promise<{ readonly timeline: Timeline; readonly knownAt: number | undefined }> {
  if (others.length === 0) return { timeline: await session.timeline(), knownAt };
  const { clock } = session.context;
  const own = { log: session.log, policy: session.policy, size: knownAt };
  const known = new Map<string, number>();
  const logs: ReadLog[] = [];
  for (const { log, policy, size } of [own, ...others.map(otherLog)]) {
    const read = await readLog({ log, policy, clock, progress: session.progress() });
    if (logs.some(({ origin }) => origin === read.origin)) {
      throw new CliError('usage', {
        what: `${read.origin} is named twice`,
        fix: 'Name each log once; --known-at is about the first.',
      });
    }
    logs.push(read);
    if (size !== undefined) known.set(read.origin, size);
  }
  return { timeline: new JointTimeline(logs, known), knownAt: undefined };
}

/** What an answer knew, for people: `log size 184`, or a size of each log. */
export function knownText(timeline: Timeline, known: number): string {
  return `log size ${knownWords(timeline, known)}`;
}

/** `184`, or `184 of ORIGIN and 20 of ORIGIN`. */
export function knownWords(timeline: Timeline, known: number): string {
  if (!(timeline instanceof JointTimeline)) return String(known);
  return [...timeline.knownAt].map(([origin, size]) => `${size} of ${origin}`).join(' and ');
}

/** The same for programs: a number, or sizes by origin. */
export const knownData = (timeline: Timeline, known: number): number | Record<string, number> =>
  timeline instanceof JointTimeline ? Object.fromEntries(timeline.knownAt) : known;

function otherLog(text: string): OtherLog {
  const [, place = '', at] = /^(.*?)(?:@(\d{1,15}))?$/s.exec(text) ?? [];
  const size = at === undefined ? undefined : Number(at);
  const [, url, file] = /^(https?:\/\/[^,]+),(.+)$/.exec(place) ?? [];
  if (url !== undefined && file !== undefined)
    return { log: new LogClient(url), policy: parsePolicy(readFileBytes(file)), size };
  const policy = join(place, 'policy');
  if (!existsSync(policy)) {
    throw new CliError('no-network', {
      what: `"${place}" is no network with a trust policy`,
      where: policy,
      fix: 'Name the folder of a network, or URL,POLICYFILE: whom you trust never comes from the log itself.',
    });
  }
  return {
    log: new LogClient(readNetworkFile(place).log.url),
    policy: parsePolicy(new Uint8Array(readFileSync(policy))),
    size,
  };
}
