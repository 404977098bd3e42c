/** `assay log monitor`: watches a log for whoever relies on it, and says what somebody has to answer for. */
import { existsSync, readFileSync } from 'node:fs';
import { base64, fromBase64, hex, type Kind, KINDS, sha256, utf8 } from '@assay/core';
import { type Alert, Monitor, type OtherHead, type Watched } from '@assay/services';
import { CliError } from '../cli-error.ts';
import { networkCommand } from '../command.ts';
import { readFile } from '../content/http-log-reader.ts';
import { writeFile } from '../content/write-file.ts';
import { asPositive, asText } from '../flags.ts';
import { finding } from '../report.ts';
import type { Session } from '../session.ts';
import { untilStopped } from '../until-stopped.ts';

interface MonitorFlags {
  readonly watch?: readonly string[];
  readonly maxAge: number;
  readonly mirror?: readonly string[];
  readonly state?: string;
  readonly every?: number;
}

export const logMonitor = networkCommand<MonitorFlags, []>({
  brief: 'Watch a log: split views, equivocation, stale heads, statements of keys that should be silent',
  examples: [
    'log monitor --watch owner=act --state monitor.json',
    'log monitor --log https://log.example --policy my.policy --mirror https://mirror.example --every 30',
  ],
  flags: {
    watch: {
      kind: 'parsed',
      parse: asText,
      brief: 'A key id or name of which every statement is told, but those of the kinds after "="',
      variadic: true,
      optional: true,
      placeholder: 'WHO[=KIND,KIND]',
    },
    maxAge: {
      kind: 'parsed',
      parse: asPositive,
      brief: 'A newest witnessed checkpoint older than this is stale',
      default: '600',
      placeholder: 'SECONDS',
    },
    mirror: {
      kind: 'parsed',
      parse: asText,
      brief: "A mirror's URL to compare with, besides the witnesses in the policy",
      variadic: true,
      optional: true,
      placeholder: 'URL',
    },
    state: {
      kind: 'parsed',
      parse: asText,
      brief: 'File that remembers what was seen, so that the next run goes on from there',
      optional: true,
      placeholder: 'FILE',
    },
    every: {
      kind: 'parsed',
      parse: asPositive,
      brief: 'Go on until Ctrl-C, looking this often',
      optional: true,
      placeholder: 'SECONDS',
    },
  },
  args: { kind: 'tuple', parameters: [] },
  async run(session, flags) {
    const state = readState(flags.state);
    const monitor = new Monitor({
      log: session.log,
      policy: session.policy,
      clock: session.context.clock,
      maxAgeMs: flags.maxAge * 1_000,
      watch: (flags.watch ?? []).map(watchedOf),
      since: state?.size ?? 0,
      others: othersOf(session, flags.mirror ?? [], state),
    });
    const alerts: Alert[] = [];
    const look = async (): Promise<void> => {
      const fresh = await monitor.round();
      alerts.push(...fresh);
      if (flags.every !== undefined)
        for (const alert of fresh) session.context.process.stderr.write(`${lineOf(alert)}\n`);
      // Kept after each look: what was raised is not raised again, whatever ends this run.
      if (flags.state !== undefined && monitor.size > 0) writeState(flags.state, monitor);
    };
    await look();
    if (flags.every !== undefined) await untilStopped(flags.every * 1_000, look);
    const unreachable = alerts.length > 0 && alerts.every(({ code }) => code === 'unreachable');
    const data = { size: monitor.size, alerts };
    const lines = [
      ...(flags.every === undefined ? alerts.map(lineOf) : []),
      `${monitor.size} entries seen, ${alerts.length === 0 ? 'nothing' : alerts.length} raised`,
    ];
    return unreachable ? { exit: 2, data, lines } : finding(alerts.length > 0, data, lines);
  },
});

const lineOf = ({ code, what, index }: Alert): string =>
  `[${code}]: ${what}${index === undefined ? '' : ` (at entry ${index})`}`;

function watchedOf(text: string): Watched {
  const [who = '', kinds = ''] = text.split('=');
  const expected = kinds.split(',').filter((kind) => kind !== '');
  const stranger = expected.find((kind) => !(KINDS as readonly string[]).includes(kind));
  if (stranger === undefined) return { who, expected: new Set(expected as Kind[]) };
  throw new CliError('usage', {
    what: `"${stranger}" is no kind of statement`,
    fix: `Kinds are ${KINDS.join(', ')}.`,
  });
}

interface State {
  readonly size: number;
  /** Base64. */
  readonly note: string;
}

/** What else has seen this log: its witnesses, its mirrors, and this monitor itself, earlier. */
function othersOf(session: Session, mirrors: readonly string[], state: State | undefined): OtherHead[] {
  const { policy } = session;
  const origins = policy.logs.map(({ verifier }) => verifier.key.name);
  const urls = policy.witnesses.flatMap(({ url }) => url ?? []);
  const bare = (url: string): string => url.replace(/\/+$/, '');
  return [
    ...urls.flatMap((url) =>
      [...new Set(origins)].map((origin) =>
        headAt(url, `${bare(url)}/${hex(sha256(utf8(origin)))}/checkpoint`),
      ),
    ),
    ...mirrors.map((url) => headAt(url, `${bare(url)}/checkpoint`)),
    ...(state === undefined
      ? []
      : [{ from: 'an earlier run', note: () => Promise.resolve(fromBase64(state.note)) }]),
  ];
}

const headAt = (from: string, where: string): OtherHead => ({
  from,
  note: async () => {
    try {
      return await readFile(where);
    } catch (error) {
      // Whoever does not answer shows nothing; the others may.
      if (error instanceof CliError) return undefined;
      throw error;
    }
  },
});

function readState(path: string | undefined): State | undefined {
  if (path === undefined || !existsSync(path)) return undefined;
  const { size, note } = JSON.parse(readFileSync(path, 'utf8')) as Partial<State>;
  if (typeof size === 'number' && typeof note === 'string') return { size, note };
  throw new CliError('unreadable-file', {
    what: 'this is not the state of a monitor',
    where: path,
    fix: 'Name another file with --state; a new one begins at the first entry.',
  });
}

const writeState = (path: string, { size, newestNote }: Monitor): void =>
  writeFile(path, `${JSON.stringify({ size, note: base64(newestNote) } satisfies State, null, 2)}\n`);
