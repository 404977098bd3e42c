/** `assay drill`: a mock recall. How long from "this version is bad" to a signed file that somebody else can check? */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fromUtf8, unixSeconds } from '@assay/core';
import { gaps, reach, scopeRoot, type Timeline, tickOf } from '@assay/views';
import { csvScopeRoot } from '../bundle/csv-scope.ts';
import { exportScope, writePieces } from '../bundle/write-bundle.ts';
import { CliError } from '../cli-error.ts';
import { networkCommand } from '../command.ts';
import { readFileBytes } from '../content/read-file.ts';
import { writeFile, writing } from '../content/write-file.ts';
import { drillNote } from '../drill/drill-note.ts';
import { asText } from '../flags.ts';
import { findVersion, nameOfVersion } from '../names/models.ts';
import { finding } from '../report.ts';

interface DrillFlags {
  readonly on?: string;
  readonly out?: string;
}

/** The mock incident's id: no record id, so that it can meet none. */
const MOCK = 'drill';

export const drill = networkCommand<DrillFlags, []>({
  brief: 'Time a mock recall of a version, and keep a signed file of it; nothing is logged',
  examples: ['drill', 'drill --on v1', 'drill --on v1 --key verifier --out drills'],
  flags: {
    on: {
      kind: 'parsed',
      parse: asText,
      brief: 'The version to recall; a random one that served when absent',
      optional: true,
      placeholder: 'VERSION',
    },
    out: {
      kind: 'parsed',
      parse: asText,
      brief: 'Folder to keep it in; DIR/drills when absent',
      optional: true,
      placeholder: 'DIR',
    },
  },
  args: { kind: 'tuple', parameters: [] },
  async run(session, { on, out = join(session.dir, 'drills') }) {
    const { clock, entropy } = session.context;
    const stopwatch = laps(() => clock.now());
    const timeline = await session.timeline();
    stopwatch('read');
    const version =
      on === undefined ? pick(timeline, entropy.bytes(4)) : findVersion(timeline.registry, on).digest;
    openMock(timeline, version);
    const prefix = timeline.ledger.asOf();
    const { affected, possible } = reach(prefix, MOCK);
    const root = scopeRoot(prefix, MOCK);
    stopwatch('reach');
    const label = nameOfVersion(timeline.registry, version);
    const seconds = unixSeconds(clock);
    const name = `${label.replaceAll(/[^A-Za-z0-9._-]/g, '-')}-${new Date(seconds * 1_000).toISOString().replaceAll(/[-:]|\.000/g, '')}`;
    const path = join(out, `${name}.csv`);
    writing(out, () => mkdirSync(out, { recursive: true }));
    const { sha256, bytes } = writePieces(
      path,
      exportScope({ prefix, time: timeline.registry.time }, MOCK, 'csv'),
    );
    stopwatch('bundle');
    const open = gaps(prefix, MOCK);
    const agrees = csvScopeRoot(fromUtf8(readFileBytes(path)), open, path) === root;
    const milliseconds = stopwatch('verify');
    const size = timeline.witnessedSize;
    const as = session.signatory('verifier');
    const note = drillNote(
      {
        origin: session.origin,
        size,
        version,
        affected,
        possible,
        root,
        gaps: open,
        milliseconds,
        table: { name: `${name}.csv`, sha256 },
        at: seconds,
      },
      { name: as.name, signer: as.identity.signer },
    );
    writeFile(join(out, `${name}.drill`), note);
    const data = {
      version,
      label,
      logSize: size,
      affected,
      possible,
      root,
      sha256,
      bytes,
      agrees,
      milliseconds,
    };
    return finding(!agrees, { ...data, file: path, signedBy: as.identity.keyId }, [
      `mock recall of ${label} as of log size ${size}: ${affected} affected, ${possible} possible`,
      ...Object.entries(milliseconds).map(
        ([step, spent]) => `${step.padEnd(7)} ${String(spent).padStart(7)} ms`,
      ),
      agrees
        ? `the file of ${bytes} bytes gives scope root ${root}, as the log does`
        : 'the file does NOT give the scope root of the log',
      `kept as ${path}, signed by ${as.name}`,
      `check it anywhere: npx assay verify ${join(out, `${name}.drill`)} --policy ${session.policyFile}`,
    ]);
  },
});

/** A version that served something, chosen by fresh random bytes. @throws CliError `unknown-name` */
function pick(timeline: Timeline, random: Uint8Array): string {
  const served = new Set<string>();
  for (const record of timeline.records('output.receipt')) served.add(record.predicate.version);
  const choice = new DataView(random.buffer, random.byteOffset).getUint32(0) % Math.max(1, served.size);
  const version = [...served].toSorted()[choice];
  if (version !== undefined) return version;
  throw new CliError('unknown-name', {
    what: 'no version has served anything yet',
    fix: 'Ask one with "assay infer" first.',
  });
}

/** Opens the mock incident in this process's own ledger. */
function openMock(timeline: Timeline, version: string): void {
  const { ledger, registry } = timeline;
  const terms = { versions: [version], nodes: null, bad_from: 0, bad_to: null, where: [], status: 'open' };
  const now = registry.time.newest?.tick ?? tickOf(0);
  ledger.append({ kind: 'incident', id: MOCK, t: now, terms }, Math.max(1, ledger.size));
}

/** Times stretches one after the other, in milliseconds; each call ends one. */
function laps(now: () => number): (name: string) => Record<string, number> {
  const times: Record<string, number> = {};
  let last = now();
  return (name) => {
    const at = now();
    times[name] = Math.round(at - last);
    last = at;
    return times;
  };
}
