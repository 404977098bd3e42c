/** `assay reach`: everything an incident reaches, as the line, a table, or a picture. */
import { JointTimeline, reach as reachOf, reachCsv, scopeRoot, type Timeline } from '@assay/views';
import { wantsColor } from '../cli-context.ts';
import { networkCommand } from '../command.ts';
import { writeFile } from '../content/write-file.ts';
import { asText } from '../flags.ts';
import { closureOf } from '../incident/closure.ts';
import { momentsOf } from '../incident/words.ts';
import { lineModel, lineSvg, lineText } from '../line/index.ts';
import { footerOf } from '../line/from-timeline.ts';
import { sizeToAsk } from '../names/known.ts';
import { findRecord, shortId } from '../names/records.ts';
import type { Exit, Report } from '../report.ts';
import { knownData, OVER_LOGS_FLAGS, type OverLogsFlags, timelineOver } from '../several-logs.ts';

interface ReachFlags extends OverLogsFlags {
  readonly svg?: string;
  readonly csv: boolean;
}

export const reach = networkCommand<ReachFlags, [incident: string]>({
  brief: 'Show everything that an incident reaches',
  examples: [
    'reach 3f2a9c01',
    'reach 3f2a9c01 --svg line.svg',
    'reach 3f2a9c01 --known-at 412 --csv > scope.csv',
  ],
  flags: {
    ...OVER_LOGS_FLAGS,
    svg: {
      kind: 'parsed',
      parse: asText,
      brief: 'Also write the picture',
      optional: true,
      placeholder: 'FILE',
    },
    csv: { kind: 'boolean', brief: 'Print one row per record', default: false, withNegated: false },
  },
  args: { kind: 'tuple', parameters: [{ brief: 'Incident', parse: asText, placeholder: 'INCIDENT' }] },
  async run(session, { svg, csv, json, ...flags }, name) {
    const { timeline, knownAt } = await timelineOver(session, flags);
    const opened = findRecord(timeline, name, 'incident.open');
    const { id } = opened;
    const known = sizeToAsk(timeline, opened, knownAt);
    const prefix = timeline.asOf(known);
    const model = svg !== undefined || (!csv && !json) ? lineModel(timeline, id, known) : undefined;
    if (svg !== undefined && model !== undefined) writeFile(svg, lineSvg(model));
    const answer = reachOf(prefix, id);
    const exit: Exit = answer.affected > 0 ? 1 : answer.possible + answer.gaps.length > 0 ? 2 : 0;
    if (csv) return { exit, data: null, lines: csvLines(timeline, id, known) };
    const color = wantsColor(session.context);
    const lines =
      model === undefined
        ? []
        : [
            ...lineText(model, { color }),
            ...further(answer.clearedBySelfOnly, id, svg),
            ...aboutClosing(timeline),
          ];
    return { exit, data: json ? reachData(timeline, id, known) : null, lines } satisfies Report;
  },
});

/** The lines without their ends; `printReport` writes the LF, the CR stays. */
function* csvLines(timeline: Timeline, incident: string, known: number): Generator<string> {
  for (const line of reachCsv(timeline.asOf(known), incident, momentsOf(timeline.registry.time)))
    yield line.slice(0, -1);
}

function reachData(timeline: Timeline, incident: string, known: number): object {
  const prefix = timeline.asOf(known);
  const { rows, window, ...answer } = reachOf(prefix, incident);
  const seconds = (tick: number | null): number | null =>
    tick === null ? null : timeline.registry.time.secondsAt(tick);
  return {
    ...answer,
    knownAt: knownData(timeline, known),
    scopeRoot: scopeRoot(prefix, incident),
    recomputedBy: footerOf(timeline, prefix, incident).recomputedBy,
    closure: closureOf(timeline, incident, known),
    window: {
      bad_from: seconds(window.bad_from),
      known_at: seconds(window.known_at),
      first_served_at: seconds(window.first_served_at),
      last_served_at: seconds(window.last_served_at),
      announced: Object.fromEntries(
        [...window.announced].map(([channel, spans]) => [channel, spans.map((span) => span.map(seconds))]),
      ),
      final: window.final,
    },
    rows: Array.from(rows(), (row) => ({
      ...row,
      at: seconds(row.at),
      lo: seconds(row.lo),
      hi: seconds(row.hi),
    })),
  };
}

/** Attestations and closings speak of one log's size. */
const aboutClosing = (timeline: Timeline): string[] =>
  timeline instanceof JointTimeline
    ? ['attested and closed is in one log, as of its own size: ask that without --with']
    : [];

function further(cleared: readonly string[], incident: string, svg: string | undefined): string[] {
  const lines: string[] = [];
  if (cleared.length > 0) {
    const outputs = cleared.length === 1 ? '1 output is' : `${cleared.length} outputs are`;
    lines.push(`${outputs} kept out only by the word of a suspect node (clearedBySelfOnly):`);
    lines.push(`  ${cleared.slice(0, 5).map(shortId).join(' ')}${cleared.length > 5 ? ' …' : ''}`);
    lines.push(`  check them: npx assay rerun ${shortId(incident)} --on VERSION --cleared [--sample N]`);
  }
  return svg === undefined ? lines : [...lines, `picture written to ${svg}`];
}
