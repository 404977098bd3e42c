/**
 * The view roots a second time, straight from specs/view-root.md: no index, no fold that is kept, no code shared with
 * the views but the statements themselves. Slow on purpose.
 */
import { createHash } from 'node:crypto';
import type { LogRecord } from '@assay/core';
import { BruteForce, type Raw } from '../lineage/brute-force.ts';
import { verifier } from '../support/log-builder.ts';

const TICKS = 2 ** 21;

/** What a log says, reduced to what its tests use: everybody stays joined, and all refusals are named by the test. */
export interface NaiveLog {
  readonly records: readonly LogRecord[];
  /** Log index of every ignored statement, with the reason. */
  readonly ignored: ReadonlyMap<number, string>;
}

export function naiveRoots(log: NaiveLog, size: number): { registry: string; lineage: string } {
  return {
    registry: digest('assay registry v1', registryRows(log, size)),
    lineage: digest('assay lineage v1', lineageRows(log, size)),
  };
}

function digest(title: string, rows: readonly string[]): string {
  const text = [title, ...rows.toSorted()].map((line) => `${line}\n`).join('');
  return createHash('sha256').update(text).digest('hex');
}

const counted = (log: NaiveLog, size = Infinity): LogRecord[] =>
  log.records.filter(({ index }) => index < size && !log.ignored.has(index));

interface Point {
  size: number;
  time: number;
  tick: number;
  index: number;
}

function pointsOf(log: NaiveLog): Point[] {
  const points: Point[] = [];
  for (const record of counted(log)) {
    if (record.kind !== 'checkpoint.cosigned') continue;
    const last = points.at(-1);
    const size = Number(record.predicate.size);
    const time = Math.max(Number(record.predicate.note), last?.time ?? 0);
    const after = last === undefined ? 0 : last.tick + (size - last.size);
    points.push({ size, time, tick: Math.max((time + 1) * TICKS - 1, after), index: record.index });
  }
  return points;
}

function registryRows(log: NaiveLog, size: number): string[] {
  const rows: string[] = [];
  const all = counted(log, size);
  for (const r of all) {
    if (r.kind === 'participant.join') {
      const left = all.find((o) => o.kind === 'participant.leave' && o.signer === r.signer)?.index ?? '-';
      const { name, roles, operator: by = r.signer } = r.predicate;
      rows.push(`participant ${r.signer} ${name} ${roles.toSorted().join(',')} ${by} ${r.index} ${left} - -`);
    } else if (r.kind === 'model.create') rows.push(`model ${r.predicate.model} ${r.index}`);
    else if (r.kind === 'version.publish') {
      const { version, model, label } = r.predicate;
      const gone =
        all.find((o) => o.kind === 'version.withdraw' && o.predicate.version === version)?.index ?? '-';
      rows.push(`version ${version} ${model} ${label} ${r.index} ${gone}`);
    } else if (r.kind === 'channel.decide') {
      const weights = Object.entries(r.predicate.to).map(([version, weight]) => `${version}=${weight}`);
      rows.push(`decision ${r.predicate.channel} ${r.index} ${r.id} ${weights.toSorted().join(',') || '-'}`);
    } else if (r.kind === 'serve.lease') {
      const lease = leaseOf(all, r);
      if (lease !== undefined)
        rows.push(`lease ${r.signer} ${r.predicate.version} ${r.index} ${lease.drainedAt ?? '-'} -`);
    }
  }
  for (const p of pointsOf(log)) if (p.index < size) rows.push(`cosigned ${p.size} ${p.time} ${p.index}`);
  for (const [index, reason] of log.ignored) {
    if (index < size) rows.push(`ignored ${index} ${log.records[index]?.id} ${reason}`);
  }
  return rows;
}

/**
 * What became of the lease that a statement opens; undefined when it renews one. Told from the start each time: a lease
 * is open until its node drains it by the id of any statement of it, and what comes while it is open renews it.
 */
function leaseOf(
  records: readonly LogRecord[],
  lease: LogRecord & { kind: 'serve.lease' },
): { readonly drainedAt: number | undefined } | undefined {
  let ids: string[] = [];
  let opener = -1;
  for (const r of records) {
    if (r.signer !== lease.signer) continue;
    if (r.kind === 'serve.lease' && r.predicate.version === lease.predicate.version) {
      if (ids.length === 0) opener = r.index;
      ids.push(r.id);
    } else if (r.kind === 'serve.drain' && ids.includes(r.predicate.lease)) {
      if (opener === lease.index) return { drainedAt: r.index };
      ids = [];
    }
  }
  return opener === lease.index ? { drainedAt: undefined } : undefined;
}

function lineageRows(log: NaiveLog, size: number): string[] {
  const raws = rawRecords(log, size);
  const answers = new BruteForce(raws, raws.length);
  const rows: string[] = [];
  for (const raw of raws) {
    if (raw.kind === 'output') {
      const { v, s } = answers.served(raw.id as string);
      rows.push(`output ${raw.id} ${v ?? '-'} ${s} ${answers.divergence(raw.id as string, 0)}`);
    }
    if (raw.kind !== 'incident') continue;
    const id = raw.id as string;
    const { roots, affected, possible } = answers.graph(id);
    const role = (record: string): string => (roots.has(record) ? 'root' : 'derived');
    const scope = [
      ...[...affected].map((record) => `affected ${record} ${role(record)}`),
      ...[...possible].map((record) => `possible ${record} ${role(record)}`),
      ...answers.scope(id).gaps.map((gap) => `gap ${gap}`),
    ];
    rows.push(`incident ${id} ${digest('assay scope v1', scope)}`);
    for (const [state, count] of Object.entries(answers.balance(id)))
      rows.push(`books ${id} ${state} ${count}`);
  }
  return rows;
}

/** The records as plain data. Only the order of ticks counts, so they are renumbered to small integers. */
function rawRecords(log: NaiveLog, size: number): Raw[] {
  const points = pointsOf(log);
  const hiOf = (index: number): number => {
    const i = points.findIndex((point) => point.size > index);
    const point = points[i] as Point;
    return Math.max((points[i - 1]?.tick ?? 0) + 1, point.tick - (point.size - 1 - index));
  };
  const loOf = (index: number): number => points.findLast((point) => point.size <= index)?.tick ?? 0;
  const raws = counted(log, size).flatMap((r): Raw[] => {
    const t = (): number => hiOf(r.index);
    switch (r.kind) {
      case 'channel.decide':
        return [{ kind: 'decision', channel: r.predicate.channel, to: r.predicate.to, t: t() }];
      case 'output.receipt': {
        const notBefore = points.find((p) => p.size === Number(r.predicate.notBefore.size));
        const lo = notBefore !== undefined && notBefore.size <= r.index ? Math.min(notBefore.tick, t()) : 0;
        const claimed = Math.floor((r.predicate.accepted / 1_000) * TICKS);
        const at = Math.min(Math.max(claimed, lo), t());
        const { target, uses = [], version, request, model } = r.predicate;
        const channel = 'channel' in target ? target.channel : '';
        const pin = 'pin' in target ? { pin: target.pin } : {};
        const output = {
          kind: 'output',
          id: r.id,
          node: r.signer,
          channel,
          from: uses,
          t: at,
          lo,
          hi: t(),
          ...pin,
        };
        const fields = { client: request.client, model };
        return [
          { ...output, ...fields },
          { kind: 'evidence', output: r.id, version, by: 'self', t: t() },
        ];
      }
      case 'act':
        return [
          {
            kind: 'act',
            id: r.id,
            type: r.predicate.type,
            from: r.predicate.uses,
            lo: loOf(r.index),
            t: t(),
            hi: t(),
          },
        ];
      case 'evidence':
        if (r.signer !== verifier.keyId) return [];
        return [
          {
            kind: 'evidence',
            output: r.predicate.output,
            version: r.predicate.version,
            by: 'reexec',
            t: t(),
          },
        ];
      case 'serve.lease':
        return leaseOf(counted(log), r) !== undefined
          ? [{ kind: 'lease', node: r.signer, version: r.predicate.version, t: loOf(r.index) }]
          : [];
      case 'serve.drain':
        return [{ kind: 'drain', node: r.signer, version: r.predicate.version, t: t() }];
      case 'incident.open': {
        const { versions, from, until } = r.predicate;
        const to = until === undefined ? {} : { bad_to: until * TICKS };
        return [{ kind: 'incident', id: r.id, versions, bad_from: from * TICKS, t: t(), ...to }];
      }
      case 'incident.settle': {
        const { incident, target, state, basis = [] } = r.predicate;
        return [{ kind: 'disposition', incident, target, state, basis, t: t() }];
      }
      default:
        return [];
    }
  });
  return renumbered(raws);
}

const TIMES = ['t', 'lo', 'hi', 'bad_from', 'bad_to'] as const;

function renumbered(raws: readonly Raw[]): Raw[] {
  const ticks = raws.flatMap((raw) => TIMES.flatMap((field) => (field in raw ? [raw[field] as number] : [])));
  const rank = new Map([...new Set(ticks)].toSorted((a, b) => a - b).map((tick, i) => [tick, i + 1]));
  return raws.map((raw) => {
    const times = TIMES.filter((field) => field in raw).map((field) => [
      field,
      rank.get(raw[field] as number),
    ]);
    return { ...raw, ...Object.fromEntries(times) };
  });
}
