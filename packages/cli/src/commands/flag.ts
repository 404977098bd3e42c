/** `assay flag`: opens an incident, a notice of what is no longer to be relied on. */
import { freshId, type Predicate } from '@assay/core';
import { CliError } from '../cli-error.ts';
import { networkCommand } from '../command.ts';
import { privateNote } from '../content/private-notes.ts';
import { asText, WAIT_FLAG, type WaitFlags } from '../flags.ts';
import { momentOf } from '../line/clock-text.ts';
import { findVersion, nameOfVersion } from '../names/models.ts';
import { findParticipant } from '../names/participants.ts';
import { shortId } from '../names/records.ts';
import { parseMoment } from '../names/times.ts';
import { clean } from '../report.ts';

interface FlagFlags extends WaitFlags {
  readonly node?: readonly string[];
  readonly from: string;
  readonly until?: string;
  readonly because?: string;
}

export const flag = networkCommand<FlagFlags, string[]>({
  brief: 'Open an incident: versions or nodes not to be relied on since a moment',
  examples: ['flag v2 --from 2026-01-31T12:00:00Z', 'flag --node node-c --from log:120 --until log:410'],
  flags: {
    ...WAIT_FLAG,
    node: {
      kind: 'parsed',
      parse: asText,
      brief: 'A node, by name or key',
      variadic: true,
      optional: true,
      placeholder: 'NODE',
    },
    from: {
      kind: 'parsed',
      parse: asText,
      brief: 'ISO 8601, Unix seconds, or log:<index>',
      placeholder: 'TIME',
    },
    until: {
      kind: 'parsed',
      parse: asText,
      brief: 'End of the window; open when absent',
      optional: true,
      placeholder: 'TIME',
    },
    because: {
      kind: 'parsed',
      parse: asText,
      brief: 'Why, in words; the log holds only a commitment to them',
      optional: true,
      placeholder: 'TEXT',
    },
  },
  args: { kind: 'array', parameter: { brief: 'Versions', parse: asText, placeholder: 'VERSION' } },
  async run(session, { node = [], from, until, because, wait }, ...names) {
    const { registry } = await session.timeline();
    const versions = names.map((name) => findVersion(registry, name).digest);
    const nodes = node.map((name) => findParticipant(registry, name).keyId);
    if (versions.length + nodes.length === 0) {
      throw new CliError('usage', {
        what: 'an incident is about something',
        fix: 'Name versions, or nodes with --node.',
      });
    }
    const note = because === undefined ? undefined : privateNote('note', because, session.context.entropy);
    const predicate: Predicate<'incident.open'> = {
      nonce: freshId(session.context.entropy),
      from: parseMoment(registry, from),
      ...(until === undefined ? {} : { until: parseMoment(registry, until) }),
      ...(versions.length === 0 ? {} : { versions }),
      ...(nodes.length === 0 ? {} : { nodes }),
      ...(note === undefined ? {} : { because: note.commitment }),
    };
    const { id, index } = await session.publish('incident.open', predicate, {
      as: session.signatory('owner'),
      wait,
      note,
    });
    const what = [...versions.map((version) => nameOfVersion(registry, version)), ...node].join(', ');
    const window = `from ${momentOf(predicate.from)}${predicate.until === undefined ? '' : ` until ${momentOf(predicate.until)}`}`;
    return clean({ id, index, ...predicate }, [
      `${what} flagged ${window}`,
      `incident ${id} at index ${index}`,
      `see what it reaches: npx assay reach ${shortId(id)}`,
    ]);
  },
});
