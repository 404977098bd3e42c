/** Takes from the timeline what the picture of one incident needs. */
import type { LogRecord } from '@assay/core';
import {
  type AsOf,
  type Channel,
  CLOSING_OPERATORS,
  gaps,
  JointTimeline,
  reach,
  type Reach,
  type ReachRow,
  type Registry,
  requireIncident,
  scopeRoot,
  servedBy,
  type Timeline,
} from '@assay/views';
import { type Attested, attestationsAt } from '../incident/attestations.ts';
import { closureOf, closureText } from '../incident/closure.ts';
import { gapText } from '../incident/words.ts';
import { shortChannel } from '../names/channels.ts';
import { nameOfVersion } from '../names/models.ts';
import { nameOfParticipant } from '../names/participants.ts';
import { knownWords } from '../several-logs.ts';
import { buildLine } from './build.ts';
import type { LineFooter, LineModel } from './model.ts';
import type { LineSource, SourceRecord, SourceStep } from './source.ts';

/**
 * The picture of an incident as it was known at a witnessed size.
 *
 * @throws LineageError `unknown-incident`; KnownAtError
 */
export function lineModel(timeline: Timeline, incident: string, knownAt: number): LineModel {
  return buildLine(lineSource(timeline, incident, knownAt));
}

/** The facts that the picture is drawn from. */
export function lineSource(timeline: Timeline, incident: string, knownAt: number): LineSource {
  const { registry } = timeline;
  const seconds = (tick: number): number => registry.time.secondsAt(tick);
  const prefix = timeline.asOf(knownAt);
  const answer = reach(prefix, incident);
  const { state } = requireIncident(prefix, incident);
  const rows = new Map([...answer.rows()].map((row) => [row.record, row]));
  const { first_served_at: first, last_served_at: last, known_at: openedAt } = answer.window;
  return {
    badVersions: state.terms.versions ?? [],
    badNodes: (state.terms.nodes ?? []).map((node) => nameOfParticipant(registry, node)),
    badFrom: seconds(state.terms.bad_from),
    openedAt: seconds(openedAt),
    labels: labelsOf(registry),
    channels: relevantChannels(registry, answer, rows).map((channel) => ({
      name: shortChannel(channel.name),
      steps: stepsOf(registry, channel, knownAt),
    })),
    records: recordsOf({ timeline, prefix, rows }),
    ...(first === null ? {} : { firstServed: seconds(first) }),
    ...(last === null ? {} : { lastServed: seconds(last) }),
    books: [...answer.books]
      .filter(([state]) => state !== 'total')
      .map(([state, count]) => ({ state, count })),
    footer: footerOf(timeline, prefix, incident),
  };
}

/** Scope root, size, who recomputed it, and what is not drained. */
export function footerOf(timeline: Timeline, prefix: AsOf, incident: string): LineFooter {
  const root = scopeRoot(prefix, incident);
  const attested = attestationsAt(timeline, incident, prefix.known);
  const open = gaps(prefix, incident);
  const closure = closureText(closureOf(timeline, incident, prefix.known));
  return {
    incident,
    scopeRoot: root,
    logSize: timeline instanceof JointTimeline ? knownWords(timeline, prefix.known) : prefix.known,
    recomputedBy: recomputedBy(root, attested),
    final: open.length === 0,
    whyNotFinal: open.map((gap) => gapText(timeline.registry, gap)),
    ...(closure === undefined ? {} : { closure }),
  };
}

/** Operators that found this root, of those that tried, or of those that closing needs while fewer did. */
function recomputedBy(root: string, attested: readonly Attested[]): LineFooter['recomputedBy'] {
  const operators = (of: readonly Attested[]): number => new Set(of.map(({ operator }) => operator)).size;
  const same = operators(attested.filter((each) => each.root === root));
  return { same, of: Math.max(CLOSING_OPERATORS, operators(attested)) };
}

function labelsOf(registry: Registry): ReadonlyMap<string, string> {
  const digests = Array.from(registry.models.versions, ({ digest }) => digest);
  return new Map(digests.map((digest) => [digest, nameOfVersion(registry, digest)]));
}

/** Channels that announced what the incident is about, or on which something in scope was served. */
function relevantChannels(registry: Registry, answer: Reach, rows: ReadonlyMap<string, ReachRow>): Channel[] {
  const names = new Set([
    ...answer.window.announced.keys(),
    ...Array.from(rows.values(), ({ channel }) => channel),
  ]);
  return [...registry.channels.all].filter(({ name }) => names.has(name));
}

/** A decision acts from when it was recorded, or from its effective time if that is later (PROTOCOL 3.2). */
function stepsOf(registry: Registry, channel: Channel, knownAt: number): SourceStep[] {
  return channel.decisions
    .filter(({ index }) => index < knownAt)
    .map(({ index, to, label, effective = 0 }) => {
      const recorded = registry.time.secondsAt(registry.time.recordedTick(index) ?? 0);
      return { t: Math.max(recorded, effective), to, label };
    })
    .toSorted((a, b) => a.t - b.t);
}

interface Known {
  readonly timeline: Timeline;
  readonly prefix: AsOf;
  readonly rows: ReadonlyMap<string, ReachRow>;
}

function* recordsOf(known: Known): Generator<SourceRecord> {
  for (const record of known.timeline.records('output.receipt', 'act')) {
    if (record.index >= known.prefix.known) return;
    if (record.kind === 'output.receipt') yield outputOf(record, known);
    else if (record.kind === 'act') yield { ...common(record.id, known), kind: record.predicate.type };
  }
}

function outputOf(record: LogRecord & { kind: 'output.receipt' }, known: Known): SourceRecord {
  const { target } = record.predicate;
  const served = servedBy(known.prefix, known.prefix.ledger.records.find(record.id));
  return {
    ...common(record.id, known),
    kind: 'output',
    node: nameOfParticipant(known.timeline.registry, record.signer),
    ...('channel' in target ? { channel: shortChannel(target.channel) } : {}),
    ...(served.s === 'known' ? { version: served.v } : {}),
  };
}

function common(id: string, { timeline, prefix, rows }: Known): Omit<SourceRecord, 'kind'> {
  const { records, table } = prefix.ledger;
  const seconds = (of: string): number => timeline.registry.time.secondsAt(table.t.at(records.find(of)));
  const row = rows.get(id);
  const parent = row?.parent ?? undefined;
  return {
    id,
    t: seconds(id),
    standing: row?.membership ?? 'clear',
    seed: row !== undefined && row.role !== 'derived',
    state: row?.state ?? 'open',
    ...(parent === undefined ? {} : { parent, parentT: seconds(parent) }),
  };
}
