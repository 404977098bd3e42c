/** `assay rerun`: executes recorded inputs again, says which version made what, and what really differs. */
import { STORAGE_FLAG, type StorageFlags } from '../blob/flags.ts';
import { networkCommand } from '../command.ts';
import { clearedBySelfOnly, type Timeline } from '@assay/views';
import { CliError } from '../cli-error.ts';
import { asCount, asText, SAMPLE_FLAGS, type SampleFlags, WAIT_FLAG, type WaitFlags } from '../flags.ts';
import { type Drawn, drawCleared } from '../incident/cleared-draw.ts';
import { sizeToAsk } from '../names/known.ts';
import { findVersion, nameOfVersion } from '../names/models.ts';
import { nameOfParticipant } from '../names/participants.ts';
import { findRecord, shortId } from '../names/records.ts';
import type { Exit } from '../report.ts';
import { bitForBit, readMateriality } from '../rerun/materiality.ts';
import { Rerun, type Rerunning } from '../rerun/rerun.ts';

interface RerunFlags extends WaitFlags, SampleFlags, StorageFlags {
  readonly on: string;
  readonly cleared: boolean;
  readonly limit?: number;
  readonly material?: string;
}

export const rerun = networkCommand<RerunFlags, [incident: string]>({
  brief: "Re-execute an incident's outputs on a good version, and log what was found",
  examples: [
    'rerun 3f2a9c01 --on v1',
    'rerun 3f2a9c01 --on v1 --material rule.json --limit 50',
    'rerun 3f2a9c01 --on v1 --cleared --sample 300',
  ],
  flags: {
    ...STORAGE_FLAG,
    ...WAIT_FLAG,
    ...SAMPLE_FLAGS,
    cleared: {
      kind: 'boolean',
      brief: 'Only what the word of suspect nodes alone keeps out of the scope',
      default: false,
      withNegated: false,
    },
    on: { kind: 'parsed', parse: asText, brief: 'The good version', placeholder: 'VERSION' },
    limit: {
      kind: 'parsed',
      parse: asCount,
      brief: 'At most so many outputs',
      optional: true,
      placeholder: 'N',
    },
    material: {
      kind: 'parsed',
      parse: asText,
      brief: 'What counts as a difference, as JSON; every changed bit when absent',
      optional: true,
      placeholder: 'FILE',
    },
  },
  args: { kind: 'tuple', parameters: [{ brief: 'Incident', parse: asText, placeholder: 'INCIDENT' }] },
  async run(session, flags, name) {
    const { on, limit, material, wait } = flags;
    const timeline = await session.timeline();
    const { registry } = timeline;
    const opened = findRecord(timeline, name, 'incident.open');
    const size = sizeToAsk(timeline, opened);
    const { draw, only } = wanted(timeline, { incident: opened.id, size, flags });
    const run = new Rerun(session, timeline, {
      incident: opened.id,
      on: findVersion(registry, on).digest,
      material: material === undefined ? bitForBit : readMateriality(material),
      limit: limit ?? Infinity,
      wait,
      storage: flags.storage,
      ...(only === undefined ? {} : { only }),
    });
    const found = await run.all();
    const count = (wanted: Rerunning['result']): number =>
      found.filter(({ result }) => result === wanted).length;
    const lied = found.filter(({ madeBy, said }) => madeBy !== undefined && madeBy !== said);
    const summary = {
      outputs: found.length,
      same: count('same'),
      different: count('different'),
      undetermined: count('undetermined'),
    };
    const exit: Exit = summary.different + lied.length > 0 ? 1 : summary.undetermined > 0 ? 2 : 0;
    const version = (digest: string): string => nameOfVersion(registry, digest);
    const liars = Map.groupBy(
      lied,
      ({ node, said, madeBy = '' }) =>
        `${nameOfParticipant(registry, node)}: receipts say ${version(said)}, made by ${version(madeBy)}`,
    );
    return {
      exit,
      data: {
        ...summary,
        diverged: lied.length,
        ...(draw === undefined
          ? {}
          : { sample: { size: draw.size, of: draw.of, drawn: draw.drawn.length, seed: draw.seed } }),
        rows: found,
      },
      lines: [
        `${summary.outputs} outputs re-executed on ${on}: ${summary.same} same, ${summary.different} different, ${summary.undetermined} undetermined`,
        ...Array.from(
          liars,
          ([what, outputs]) =>
            `LIED  ${what} (${outputs.length}, such as ${shortId(outputs[0]?.output ?? '')})`,
        ),
        ...found
          .filter(({ why }) => why !== undefined)
          .slice(0, 10)
          .map(({ output, why }) => `  ${shortId(output)}: ${why}`),
        `${found.filter(({ evidence }) => evidence !== undefined).length} pieces of evidence and ${found.filter(({ disposition }) => disposition !== undefined).length} dispositions logged; no act was performed`,
        ...(lied.length === 0
          ? []
          : ['outputs found out this way enter the scope once this is witnessed: run it again then']),
        ...(draw === undefined ? [] : drawLines(opened.id, draw, flags)),
      ],
    };
  },
});

/** Which outputs are asked for: all that the plan names, all that only suspect nodes clear, or a draw from these. */
function wanted(
  timeline: Timeline,
  of: { readonly incident: string; readonly size: number; readonly flags: RerunFlags },
): { readonly draw?: Drawn; readonly only?: readonly string[] } {
  const { incident, size, flags } = of;
  const { cleared, sample, drawnAt = size, seed } = flags;
  if (!cleared && (sample ?? flags.drawnAt ?? seed) !== undefined) {
    throw new CliError('usage', {
      what: 'a sample is drawn only from what suspect nodes clear',
      fix: 'Add --cleared.',
    });
  }
  if (!cleared) return {};
  if (sample === undefined) return { only: clearedBySelfOnly(timeline.asOf(size), incident) };
  const draw = drawCleared(timeline, { incident, knownAt: size, draw: { sample, drawnAt, seed } });
  // What an earlier run of the same draw has settled is not run again.
  return { draw, only: draw.unexamined };
}

function drawLines(incident: string, { drawn, of, size, seed }: Drawn, flags: RerunFlags): string[] {
  const more = flags.seed === undefined ? '' : ` --seed ${flags.seed}`;
  return [
    `${drawn.length} of ${of} drawn as of log size ${size} with seed ${seed}`,
    `once witnessed, close on this sample: npx assay close ${shortId(incident)} --sample ${flags.sample} --drawn-at ${size}${more}`,
  ];
}
