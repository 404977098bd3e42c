/** `assay close`: closes an incident as of a log size, or lists everything that stands in the way. */
import {
  type AsOf,
  clearedBySelfOnly,
  closable,
  CLOSING_OPERATORS,
  closingAt,
  scopeRoot,
  type Timeline,
} from '@assay/views';
import { CliError } from '../cli-error.ts';
import { networkCommand } from '../command.ts';
import {
  asCount,
  asText,
  KNOWN_AT_FLAG,
  type KnownAtFlags,
  SAMPLE_FLAGS,
  type SampleFlags,
  WAIT_FLAG,
  type WaitFlags,
} from '../flags.ts';
import { attestScope } from '../incident/attest.ts';
import type { Attested } from '../incident/attestations.ts';
import { boundText, drawCleared, type Drawn, reasonsAgainst, sampleOf } from '../incident/cleared-draw.ts';
import { obstacleLines } from '../incident/obstacles.ts';
import { sizeToAsk } from '../names/known.ts';
import { nameOfParticipant } from '../names/participants.ts';
import { findRecord } from '../names/records.ts';
import { clean, finding } from '../report.ts';
import type { Session } from '../session.ts';

interface CloseFlags extends KnownAtFlags, WaitFlags, SampleFlags {
  readonly operators: number;
}

export const close = networkCommand<CloseFlags, [incident: string]>({
  brief: 'Close an incident, or say everything that stands in the way',
  examples: [
    'close 3f2a9c01',
    'close 3f2a9c01 --operators 3 --known-at 412',
    'close 3f2a9c01 --sample 300 --drawn-at 412',
  ],
  flags: {
    ...KNOWN_AT_FLAG,
    ...WAIT_FLAG,
    ...SAMPLE_FLAGS,
    operators: {
      kind: 'parsed',
      parse: asCount,
      brief: 'Distinct operators that must have recomputed the scope root',
      default: String(CLOSING_OPERATORS),
      placeholder: 'K',
    },
  },
  args: { kind: 'tuple', parameters: [{ brief: 'Incident', parse: asText, placeholder: 'INCIDENT' }] },
  async run(session, flags, name) {
    const { operators, wait } = flags;
    const timeline = await session.timeline();
    const opened = findRecord(timeline, name, 'incident.open');
    const incident = opened.id;
    const size = sizeToAsk(timeline, opened, flags.knownAt);
    const prefix = timeline.asOf(size);
    const at = { incident, size, root: scopeRoot(prefix, incident) };
    const draw = drawOf(timeline, at, flags);
    const before = [...selfCleared(prefix, incident, draw), ...closable(prefix, incident).why];
    if (before.length > 0) return notYet(timeline, at, before);
    const attestations = await attestScope(session, timeline, { incident, knownAt: size, wait: 'sequenced' });
    const { ok, why } = closingAt(prefix, incident, { root: at.root, operators, attestations });
    if (!ok) return notYet(timeline, at, why);
    return certify(session, { ...at, operators, wait, attestations, draw });
  },
});

interface Certified {
  readonly incident: string;
  readonly size: number;
  readonly root: string;
  readonly operators: number;
  readonly wait: WaitFlags['wait'];
  readonly attestations: readonly Attested[];
  readonly draw: Drawn | undefined;
}

/** Logs the close. It names records: operators that found the same root stand behind one. */
async function certify(session: Session, of: Certified): Promise<ReturnType<typeof clean>> {
  const { incident, size, root, wait, draw } = of;
  const agreeing = of.attestations.filter((each) => each.root === root);
  const who = [...new Set(agreeing.map(({ operator }) => operator))];
  const sample = draw === undefined ? undefined : sampleOf(draw);
  const predicate = {
    incident,
    size: String(size),
    root,
    attests: [...new Set(agreeing.map((each) => each.id))],
    ...(sample === undefined ? {} : { sample }),
  };
  const { id, index } = await session.publish('incident.close', predicate, {
    as: session.signatory('owner'),
    wait,
  });
  const { registry } = await session.timeline();
  return clean({ closed: true, id, index, ...predicate, operators: who }, [
    `closed as of log size ${size}`,
    `scope root ${root}, recomputed by ${who.length} of ${of.operators} operators needed: ${who.map((key) => nameOfParticipant(registry, key)).join(', ')}`,
    ...(draw === undefined ? [] : [boundText(draw)]),
    `certificate ${id} at index ${index}; a late record reopens it`,
  ]);
}

function drawOf(
  timeline: Timeline,
  { incident, size }: { readonly incident: string; readonly size: number },
  { sample, drawnAt, seed }: CloseFlags,
): Drawn | undefined {
  if (sample === undefined && drawnAt === undefined && seed === undefined) return undefined;
  if (sample === undefined || drawnAt === undefined) {
    throw new CliError('usage', {
      what: 'a draw is named by its count and by the log size that it was drawn at',
      fix: 'Give --sample N --drawn-at SIZE, as "rerun --cleared --sample N" printed them.',
    });
  }
  return drawCleared(timeline, { incident, knownAt: size, draw: { sample, drawnAt, seed } });
}

/** PROTOCOL 6.2: what only suspect nodes clear has to be looked at, or a sample of it, before anything is closed. */
function selfCleared(prefix: AsOf, incident: string, draw: Drawn | undefined): string[] {
  if (draw !== undefined) return reasonsAgainst(draw);
  const { length } = clearedBySelfOnly(prefix, incident);
  if (length === 0) return [];
  return [
    `${length} output${length === 1 ? '' : 's'} cleared only by the word of a suspect node: re-run them, or a sample (rerun --cleared --sample N)`,
  ];
}

function notYet(
  timeline: Timeline,
  at: { readonly incident: string; readonly size: number; readonly root: string },
  why: readonly string[],
): ReturnType<typeof finding> {
  return finding(true, { closed: false, ...at, why }, [
    `not closable, as of log size ${at.size}: ${why.length} reason${why.length === 1 ? '' : 's'}`,
    ...obstacleLines(timeline, at.incident, why),
  ]);
}
