/** The measurements: each returns plain figures, and every answer that is timed is also compared. */
import { createHash } from 'node:crypto';
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ed25519Signer, ed25519Verify, hex, randomBytes } from '@assay/core';
import {
  DigestNames,
  OpenIncidents,
  reachCsv,
  scope,
  who,
  type AsOf,
  type IncidentTerms,
  type Ledger,
} from '@assay/views';
import { load, preparedPositions } from './load.ts';
import { scan, type Scanned, type Suspect } from './scan.ts';
import type { Peer } from './sqlite.ts';
import type { World } from './world.ts';

export const median = (values: readonly number[]): number => quantile(values, 0.5);

/** Nearest-rank quantile. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
}

/** Wall time, and the time this thread had a processor: on a busy machine they differ. */
function timed<T>(work: () => T): { readonly ms: number; readonly cpuMs: number; readonly value: T } {
  const cpu = process.threadCpuUsage();
  const start = performance.now();
  const value = work();
  const ms = performance.now() - start;
  const { user, system } = process.threadCpuUsage(cpu);
  return { ms, cpuMs: (user + system) / 1000, value };
}

const termsOf = (suspect: Suspect): IncidentTerms => ({
  versions: [`v${suspect.version}`],
  nodes: null,
  bad_from: suspect.from,
  bad_to: suspect.to,
  where: [],
  status: 'open',
});

/** A prefix in which `suspect` is an incident; a new one each time, so that nothing is remembered. */
export const supposing = (ledger: Ledger, suspect: Suspect, known: number): AsOf =>
  ledger.asOf(known).suppose({ id: 'bench', t: 0, terms: termsOf(suspect) });

/** Chooses, after loading, a version and a window that affect about `target` records. */
export function choose(world: World, ledger: Ledger, target: number): Suspect {
  let best: { suspect: Suspect; off: number } | undefined;
  // In the first half, so that the window lies within every prefix that is asked.
  for (let k = world.promotions >> 1; k >= 0; k--) {
    const version = world.version((k * 5) % world.channels, k);
    const [from, end] = [world.promotedAt(k), world.promotedAt(k + 1)];
    for (let width = 1; width <= end - from; width *= 2) {
      const suspect = { version, from, to: from + width };
      const affected = scope(supposing(ledger, suspect, ledger.size), 'bench').affected.ids.length;
      const off = Math.abs(Math.log((affected + 1) / target));
      if (best === undefined || off < best.off) best = { suspect, off };
      if (affected > target * 2) break;
    }
    if (best !== undefined && best.off < 0.2) break;
  }
  if (best === undefined)
    throw new Error('a world with fewer than two promotions has nothing to choose from');
  return best.suspect;
}

export interface ReachFigures {
  readonly knownAt: number;
  readonly affected: number;
  readonly possible: number;
  readonly ms: number;
  readonly cpuMs: number;
  readonly scanMs: number;
  /** Whether every record's membership is the scan's. */
  readonly equal: boolean;
}

/** `reach` at one prefix: the median of `runs`, against a forward scan. */
export function measureReach(
  world: World,
  ledger: Ledger,
  ask: { suspect: Suspect; known: number; runs: number },
): ReachFigures {
  const { suspect, known, runs } = ask;
  const times: number[] = [];
  const cpuTimes: number[] = [];
  let found = scope(supposing(ledger, suspect, known), 'bench');
  for (let run = 0; run < runs; run++) {
    const one = timed(() => scope(supposing(ledger, suspect, known), 'bench'));
    times.push(one.ms);
    cpuTimes.push(one.cpuMs);
    found = one.value;
  }
  const reference = timed(() => scan(world, suspect, known));
  return {
    knownAt: known,
    affected: found.affected.ids.length,
    possible: found.possible.ids.length,
    ms: median(times),
    cpuMs: median(cpuTimes),
    scanMs: reference.ms,
    equal: sameMarks(found.affected.ids, found.possible.ids, reference.value),
  };
}

function sameMarks(affected: Uint32Array, possible: Uint32Array, scanned: Scanned): boolean {
  if (affected.length !== scanned.affected || possible.length !== scanned.possible) return false;
  return affected.every((id) => scanned.marks[id] === 1) && possible.every((id) => scanned.marks[id] === 2);
}

/** The same seeds' closure in SQLite; sizes must agree. */
export function measurePeer(peer: Peer, ledger: Ledger, suspect: Suspect): { ms: number; equal: boolean } {
  const { roots, affected } = scope(supposing(ledger, suspect, ledger.size), 'bench');
  const { size, ms } = peer.closure(roots.seeds);
  return { ms, equal: size === affected.ids.length };
}

/** `who` of random outputs, at three prefixes; milliseconds. */
export function measureWho(
  world: World,
  ledger: Ledger,
  knowns: readonly number[],
): { p50: number; p99: number; asked: number } {
  const times: number[] = [];
  for (const known of knowns) {
    const prefix = ledger.asOf(known);
    const visible = Math.min(world.size, known - preparedPositions(world));
    for (let i = 0; i < 20_000; i++) {
      const id = 1 + Math.floor(((i * 0.6180339887) % 1) * visible);
      if (!ledger.table.isOutput(id, known)) continue;
      const start = performance.now();
      who(prefix, `r${id}`);
      times.push(performance.now() - start);
    }
  }
  return { p50: median(times), p99: quantile(times, 0.99), asked: times.length };
}

/** Nanoseconds of processor time that 32 open incidents add to each arriving record, and whether the masks are what traversal says. */
export function measureOpenIncidents(world: World): { nsPerRecord: number; equal: boolean } {
  // Just before, in the same warm process: the difference is what counts.
  const plain = load(world).cpuSeconds;
  let masks: OpenIncidents | undefined;
  const { ledger, cpuSeconds } = load(world, (fresh) => {
    masks = new OpenIncidents(fresh);
    for (let i = 0; i < 32; i++) openOne(world, fresh, i);
    return masks;
  });
  const prefix = ledger.asOf();
  const equal = [0, 13, 31].every((i) => {
    const { affected, possible } = scope(prefix, `I${i}`);
    const step = Math.max(1, Math.floor(affected.ids.length / 5000));
    for (let row = 0; row < affected.ids.length; row += step) {
      if (masks?.membership(`I${i}`, `r${affected.ids[row]}`) !== 'affected') return false;
    }
    const inScope = new Set([...affected.ids, ...possible.ids]);
    for (let id = 1; id <= world.size; id += 997) {
      if (((masks?.membership(`I${i}`, `r${id}`) ?? null) !== null) !== inScope.has(id)) return false;
    }
    return true;
  });
  return { nsPerRecord: ((cpuSeconds - plain) * 1e9) / world.size, equal };
}

// Thirty-two versions over the whole run, each bad for as long as it was announced.
function openOne(world: World, ledger: Ledger, i: number): void {
  const k = Math.floor((i * (world.promotions - 1)) / 32);
  const suspect = {
    version: world.version(i % world.channels, k),
    from: world.promotedAt(k),
    to: world.promotedAt(k + 1),
  };
  ledger.append({ kind: 'incident', id: `I${i}`, t: 0, terms: termsOf(suspect) });
}

/** "v is bad" to a signed, sortable file: reach, states, rows, digest, signature, and the signature checked. */
export function measureDrill(
  ledger: Ledger,
  suspect: Suspect,
): { rows: number; bytes: number; ms: number; cpuMs: number } {
  const folder = mkdtempSync(join(tmpdir(), 'assay-drill-'));
  try {
    const signer = ed25519Signer(randomBytes(32));
    const { ms, cpuMs, value } = timed(() => {
      const written = writeCsv(supposing(ledger, suspect, ledger.size), join(folder, 'scope.csv'));
      const signature = signer.sign(written.digest);
      writeFileSync(join(folder, 'scope.csv.sig'), hex(signature));
      if (!ed25519Verify(signer.publicKey, written.digest, signature))
        throw new Error('the drill file does not verify');
      return written;
    });
    return { rows: value.rows, bytes: value.bytes, ms, cpuMs };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function writeCsv(prefix: AsOf, path: string): { rows: number; bytes: number; digest: Uint8Array } {
  const file = openSync(path, 'w');
  const hash = createHash('sha256');
  let [rows, bytes, chunk] = [-1, 0, ''];
  const flush = (): void => {
    const block = Buffer.from(chunk);
    hash.update(block);
    writeSync(file, block);
    bytes += block.length;
    chunk = '';
  };
  for (const line of reachCsv(prefix, 'bench')) {
    chunk += line;
    rows++;
    if (chunk.length > 1 << 20) flush();
  }
  flush();
  closeSync(file);
  return { rows, bytes, digest: hash.digest() };
}

/** Digest ids: how many new ones get a number per processor second, and again those that have one. */
export function measureNames(count: number): { internedPerCpuSecond: number; foundPerCpuSecond: number } {
  const ids = Array.from({ length: count }, () => hex(randomBytes(32)));
  const names = new DigestNames();
  const interning = timed(() => ids.forEach((id) => names.intern(id)));
  const finding = timed(() => ids.every((id, i) => names.find(id) === i + 1));
  if (!finding.value) throw new Error('a digest id was not found under its number');
  const rate = (ms: number): number => Math.round((count * 1000) / Math.max(1, ms));
  return { internedPerCpuSecond: rate(interning.cpuMs), foundPerCpuSecond: rate(finding.cpuMs) };
}
