/** `assay rerun`: executes recorded inputs again, says which version made what, and what really differs. */
import { networkCommand } from '../command.ts';
import { asCount, asText, WAIT_FLAG, type WaitFlags } from '../flags.ts';
import { sizeToAsk } from '../names/known.ts';
import { findVersion, nameOfVersion } from '../names/models.ts';
import { nameOfParticipant } from '../names/participants.ts';
import { findRecord, shortId } from '../names/records.ts';
import type { Exit } from '../report.ts';
import { bitForBit, readMateriality } from '../rerun/materiality.ts';
import { Rerun, type Rerunning } from '../rerun/rerun.ts';

interface RerunFlags extends WaitFlags {
  readonly on: string;
  readonly limit?: number;
  readonly material?: string;
}

export const rerun = networkCommand<RerunFlags, [incident: string]>({
  brief: "Re-execute an incident's outputs on a good version, and log what was found",
  examples: ['rerun 3f2a9c01 --on v1', 'rerun 3f2a9c01 --on v1 --material rule.json --limit 50'],
  flags: {
    ...WAIT_FLAG,
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
  async run(session, { on, limit, material, wait }, name) {
    const timeline = await session.timeline();
    const { registry } = timeline;
    const opened = findRecord(timeline, name, 'incident.open');
    sizeToAsk(timeline, opened);
    const run = new Rerun(session, timeline, {
      incident: opened.id,
      on: findVersion(registry, on).digest,
      material: material === undefined ? bitForBit : readMateriality(material),
      limit: limit ?? Infinity,
      wait,
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
      data: { ...summary, diverged: lied.length, rows: found },
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
      ],
    };
  },
});
