/** `assay bundle`: writes an incident's scope as a file that others can sort, load and verify. */
import { attestationsAt } from '../incident/attestations.ts';
import { attestScope } from '../incident/attest.ts';
import { EXTENSIONS, type Format, FORMATS, writeBundle } from '../bundle/write-bundle.ts';
import { networkCommand } from '../command.ts';
import { asText, KNOWN_AT_FLAG, type KnownAtFlags } from '../flags.ts';
import { sizeToAsk } from '../names/known.ts';
import { findRecord, shortId } from '../names/records.ts';
import { clean } from '../report.ts';

interface BundleFlags extends KnownAtFlags {
  readonly format: Format;
  readonly out?: string;
  readonly attest: boolean;
}

export const bundle = networkCommand<BundleFlags, [incident: string]>({
  brief: "Write an incident's scope to a file, with what is needed to verify it offline",
  examples: [
    'bundle 3f2a9c01 --format csv --attest',
    'bundle 3f2a9c01 --format prov --out scope.json --known-at 412',
  ],
  flags: {
    ...KNOWN_AT_FLAG,
    format: { kind: 'enum', values: FORMATS, default: 'csv', brief: 'Format of the file' },
    out: { kind: 'parsed', parse: asText, brief: 'File to write', optional: true, placeholder: 'FILE' },
    attest: {
      kind: 'boolean',
      brief: 'First sign and log that this scope was recomputed here',
      default: false,
      withNegated: false,
    },
  },
  args: { kind: 'tuple', parameters: [{ brief: 'Incident', parse: asText, placeholder: 'INCIDENT' }] },
  async run(session, { format, out, knownAt, attest }, name) {
    const timeline = await session.timeline();
    const opened = findRecord(timeline, name, 'incident.open');
    const incident = opened.id;
    const size = sizeToAsk(timeline, opened, knownAt);
    const attested = attest
      ? await attestScope(session, timeline, { incident, knownAt: size, wait: 'witnessed' })
      : attestationsAt(timeline, incident, size);
    const path = out ?? `incident-${shortId(incident)}.${EXTENSIONS[format]}`;
    const known = { prefix: timeline.asOf(size), time: timeline.registry.time };
    const written = await writeBundle(session, known, { incident, format, path, attested });
    const { attestations, ...data } = written;
    return clean({ ...data, path, attestations: attestations.length }, [
      `${path}, ${written.bytes} bytes, as of log size ${size}`,
      `${path}.bundle.json, with ${attestations.length} attestation${attestations.length === 1 ? '' : 's'} of scope root ${shortId(written.scopeRoot)}`,
      `verify it anywhere: npx assay verify ${path}.bundle.json --policy ${session.policyFile}`,
    ]);
  },
});
