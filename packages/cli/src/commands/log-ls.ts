/** `assay log ls`: what stands in the log, one line per entry. */
import type { IgnoredRecord, Registry } from '@assay/views';
import { networkCommand } from '../command.ts';
import { asCount, asText } from '../flags.ts';
import { momentOf } from '../line/clock-text.ts';
import { nameOfParticipant } from '../names/participants.ts';
import { shortId } from '../names/records.ts';
import { clean } from '../report.ts';

interface LsFlags {
  readonly from: number;
  readonly kind?: string;
  readonly ignored: boolean;
}

interface Row {
  readonly index: number;
  readonly id: string;
  readonly kind: string;
  readonly signer: string;
  readonly recordedAt: number | null;
}

export const logLs = networkCommand<LsFlags, []>({
  brief: 'List the log, verified entry by entry',
  examples: ['log ls', 'log ls --kind channel.decide', 'log ls --ignored'],
  flags: {
    from: { kind: 'parsed', parse: asCount, brief: 'First index', default: '0', placeholder: 'INDEX' },
    kind: {
      kind: 'parsed',
      parse: asText,
      brief: 'Only this type of statement',
      optional: true,
      placeholder: 'TYPE',
    },
    ignored: {
      kind: 'boolean',
      brief: 'Only statements that count for nothing, and why',
      default: false,
      withNegated: false,
    },
  },
  args: { kind: 'tuple', parameters: [] },
  async run(session, { from, kind, ignored }) {
    const timeline = await session.timeline();
    const { registry } = timeline;
    const wanted = (row: { index: number; kind: string }): boolean =>
      row.index >= from && (kind === undefined || row.kind === kind);
    if (ignored) {
      const rows = registry.ignored.filter(wanted);
      return clean(rows, rows.map(ignoredLine));
    }
    const rows = Array.from(timeline.records(), ({ index, id, kind: type, signer }) => ({
      index,
      id,
      kind: type,
      signer,
      recordedAt: registry.time.recordedAt(index) ?? null,
    })).filter(wanted);
    return clean(rows, lines(rows, registry));
  },
});

function* lines(rows: readonly Row[], registry: Registry): Generator<string> {
  for (const { index, id, kind, signer, recordedAt } of rows) {
    const when = recordedAt === null ? 'not yet witnessed   ' : momentOf(recordedAt);
    yield `${String(index).padStart(6)}  ${when}  ${kind.padEnd(19)}  ${shortId(id)}  ${nameOfParticipant(registry, signer)}`;
  }
}

const ignoredLine = ({ index, id, kind, reason }: IgnoredRecord): string =>
  `${String(index).padStart(6)}  ${kind.padEnd(19)}  ${shortId(id)}  ${reason}`;
