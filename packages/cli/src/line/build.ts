/** Builds the picture's model from the facts of one incident. */
import type { Range } from './clock-text.ts';
import { findingDetail, findingTitle } from './finding.ts';
import type {
  LineBucket,
  LineChannel,
  LineConsequence,
  LineMark,
  LineModel,
  LineOutputs,
  LineStep,
  LineVersion,
} from './model.ts';
import { bucketsOf } from './served-share.ts';
import type { LineSource, SourceRecord, SourceStep } from './source.ts';
import { badSpans } from './spans.ts';

/** Beyond this many outputs the picture shows their density instead of one tick each. */
export const MAX_TICKS = 2_000;

/** Buckets of measured shares over the range: finer than a text column, coarser than a pixel. */
const BUCKETS = 132;

/** The picture of `source`. Reads `source.records` once. */
export function buildLine(source: LineSource): LineModel {
  const records = [...source.records];
  const rolledBackAt = rollbackMoment(source);
  const after = (record: SourceRecord): boolean => rolledBackAt !== undefined && record.t > rolledBackAt;
  const stale = records.filter(
    (record) => isOutput(record) && record.seed && record.standing === 'affected' && after(record),
  );
  const consequences = records
    .filter((record) => record.standing !== 'clear' && (!record.seed || after(record)))
    .map(consequenceOf);
  const range = rangeOf(source, records, consequences);
  const inRange = records.filter(({ kind, t }) => kind === 'output' && t >= range.from && t <= range.to);
  const versions = versionsOf(source, inRange, range);
  const facts = {
    source,
    range,
    consequences,
    stale,
    ...(rolledBackAt === undefined ? {} : { rolledBackAt }),
  };
  return {
    title: findingTitle(facts),
    detail: findingDetail(facts),
    range,
    versions,
    channels: source.channels
      .map((channel) => channelOf(channel, inRange, { versions, range }))
      .filter(({ steps, served }) => steps.length > 0 || served.length > 0),
    outputs: outputsOf(inRange, versions, range),
    consequences,
    ...(source.firstServed === undefined ? {} : { firstBad: source.firstServed }),
    ...(source.lastServed === undefined ? {} : { lastServed: source.lastServed }),
    marks: marksOf(source),
    books: source.books.filter(({ count }) => count > 0),
    footer: source.footer,
  };
}

/** When the last channel left the bad versions; undefined while one still announces them, or when none ever did. */
function rollbackMoment(source: LineSource): number | undefined {
  const bad = new Set(source.badVersions);
  const spans = source.channels.flatMap(({ steps }) => badSpans(steps, bad));
  const ends = spans.map(({ to }) => to).filter((to) => to !== undefined);
  return spans.length > 0 && ends.length === spans.length ? Math.max(...ends) : undefined;
}

/**
 * The stretch worth looking at: the incident and everything it led to, with a third of its length before, so that one
 * can see how things were. A log is longer than its incidents.
 */
function rangeOf(
  source: LineSource,
  records: readonly SourceRecord[],
  consequences: readonly LineConsequence[],
): Range {
  const bad = new Set(source.badVersions);
  const spans = source.channels.flatMap(({ steps }) => badSpans(steps, bad));
  const known = [source.firstServed, spans[0]?.from].filter((t) => t !== undefined);
  const begin = known.length > 0 ? Math.min(...known) : source.badFrom;
  const moments = [source.openedAt, source.lastServed ?? begin, ...spans.map(({ from, to }) => to ?? from)];
  const end = consequences.reduce((latest, { t }) => Math.max(latest, t), Math.max(begin, ...moments));
  const span = Math.max(2, end - begin);
  const steps = source.channels.flatMap((channel) => channel.steps);
  const first = Math.min(begin, records[0]?.t ?? begin, steps[0]?.t ?? begin);
  return { from: Math.max(first, begin - span / 3) - span * 0.02, to: end + span * 0.04 };
}

function versionsOf(source: LineSource, outputs: readonly SourceRecord[], range: Range): LineVersion[] {
  const bad = new Set(source.badVersions);
  const digests = new Set<string>();
  for (const { steps } of source.channels) {
    for (const { to } of visible(steps, range)) for (const digest of Object.keys(to)) digests.add(digest);
  }
  for (const { version } of outputs) if (version !== undefined) digests.add(version);
  return [...digests].map((digest) => ({
    digest,
    label: source.labels.get(digest) ?? digest.slice(7, 15),
    bad: bad.has(digest),
  }));
}

function channelOf(
  channel: LineSource['channels'][number],
  outputs: readonly SourceRecord[],
  picture: { versions: readonly LineVersion[]; range: Range },
): LineChannel {
  const place = placesOf(picture.versions);
  const own = outputs.filter((output) => output.channel === channel.name);
  return {
    name: channel.name,
    steps: visible(channel.steps, picture.range).map((step) => stepOf(step, place)),
    served: bucketsOf(own, place, { ...picture.range, buckets: BUCKETS }),
  };
}

/** Steps inside the range, and the one in force when it begins. */
function visible(steps: readonly SourceStep[], { from, to }: Range): readonly SourceStep[] {
  const inForce = steps.findLastIndex((step) => step.t <= from);
  return steps.slice(Math.max(0, inForce)).filter((step) => step.t <= to);
}

function stepOf({ t, to, label }: SourceStep, place: ReadonlyMap<string, number>): LineStep {
  const total = Object.values(to).reduce((sum, weight) => sum + weight, 0);
  const shares = Object.entries(to).flatMap(([digest, weight]) => {
    const version = place.get(digest);
    return version === undefined || weight === 0 ? [] : [{ version, share: weight / total }];
  });
  return { from: t, shares: shares.toSorted((a, b) => a.version - b.version), label };
}

function outputsOf(
  outputs: readonly SourceRecord[],
  versions: readonly LineVersion[],
  range: Range,
): LineOutputs {
  const place = placesOf(versions);
  if (outputs.length > MAX_TICKS) {
    const buckets: readonly LineBucket[] = bucketsOf(outputs, place, { ...range, buckets: BUCKETS });
    return { kind: 'density', buckets };
  }
  const ticks = outputs.map(({ t, version }) => ({ t, version: place.get(version ?? '') ?? null }));
  return { kind: 'ticks', ticks };
}

function marksOf(source: LineSource): LineMark[] {
  const bad = new Set(source.badVersions);
  const marks: LineMark[] = [{ t: source.openedAt, kind: 'incident', text: 'incident opened' }];
  const nameOf = channelWords(source.channels.map(({ name }) => name));
  for (const { name, steps } of source.channels) {
    const where = nameOf(name);
    for (const { endedBy } of badSpans(steps, bad)) {
      if (endedBy !== undefined) marks.push(markOf(endedBy, where, source.labels));
    }
  }
  return marks.toSorted((a, b) => a.t - b.t);
}

/** How a mark names its channel: not at all when it is the only one, without its model when all share that. */
function channelWords(names: readonly string[]): (name: string) => string {
  if (names.length < 2) return () => '';
  const models = new Set(names.map((name) => name.slice(0, name.lastIndexOf('/'))));
  return (name) => `${models.size === 1 ? name.slice(name.lastIndexOf('/') + 1) : name} `;
}

function markOf({ t, to }: SourceStep, where: string, labels: ReadonlyMap<string, string>): LineMark {
  const target = Object.keys(to).map((digest) => labels.get(digest) ?? digest.slice(7, 15));
  if (target.length === 0) return { t, kind: 'stop', text: `${where}stopped` };
  return { t, kind: 'rollback', text: `${where}rolled back to ${target.join(', ')}` };
}

function consequenceOf({ id, kind, t, standing, state, parent, parentT }: SourceRecord): LineConsequence {
  const scoped = standing === 'possible' ? 'possible' : 'affected';
  return {
    id,
    kind,
    t,
    standing: scoped,
    state,
    ...(parent === undefined ? {} : { parent }),
    ...(parentT === undefined ? {} : { parentT }),
  };
}

const isOutput = ({ kind }: SourceRecord): boolean => kind === 'output';

const placesOf = (versions: readonly LineVersion[]): ReadonlyMap<string, number> =>
  new Map(versions.map(({ digest }, place) => [digest, place]));
