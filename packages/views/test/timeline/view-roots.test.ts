import { readFileSync, writeFileSync } from 'node:fs';
import { base64, fromBase64, type LogRecord, openStatement } from '@assay/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isViewRootDue, Timeline, viewRootsAt } from '../../src/index.ts';
import {
  agent,
  begun,
  type LogBuilder,
  nodeA,
  nodeB,
  owner,
  stranger,
  verifier,
} from '../support/log-builder.ts';
import { naiveRoots } from './naive-view-roots.ts';

const VECTOR = 'vectors/view-root.json';

/** One random step; `pick` chooses among what is there. */
type Step = { readonly what: number; readonly pick: number };
const steps = fc.array(fc.record({ what: fc.nat(11), pick: fc.nat(1_000) }), { minLength: 5, maxLength: 45 });

/** Plays random steps on a begun log, and ends with a witnessed checkpoint. */
function play(moves: readonly Step[]): LogBuilder {
  const { log, v1, v2 } = begun();
  const outputs: string[] = [];
  const acts: string[] = [];
  const incidents: string[] = [];
  let now = 100;
  for (const { what, pick } of moves) {
    const version = pick % 2 === 0 ? v1 : v2;
    const node = pick % 3 === 0 ? nodeA : nodeB;
    const some = <T>(list: readonly T[]): T[] => (list.length === 0 ? [] : [list[pick % list.length] as T]);
    if (what <= 2) outputs.push(log.output(node, version, what === 2 ? { uses: some(acts) } : {}));
    else if (what === 3)
      log.decide(pick % 5 === 0 ? {} : { [version]: 10_000 }, pick % 7 === 0 ? stranger : owner);
    else if (what === 4) log.witness((now += pick % 3));
    else if (what === 5)
      acts.push(log.act([...some(outputs), ...some(acts)], agent, { content: content(log) }));
    else if (what === 6) for (const output of some(outputs)) log.evidence(verifier, output, version);
    else if (what === 7) log.lease(node, version);
    else if (what === 8 && log.timeline.registry.leases.of(node.keyId, version)) log.drain(node, version);
    else if (what === 9)
      incidents.push(
        log.add(owner, 'incident.open', { versions: [version], from: now - (pick % 4), nonce: log.nonce() }),
      );
    else if (what === 10) settle(log, some(incidents), [...some(acts)]);
    else if (what === 11) log.output(node, version, { target: { pin: version } });
  }
  log.witness(now + 1);
  return log;
}

const content = (log: LogBuilder): string =>
  `hmac-sha256:${log.records.length.toString(16).padStart(64, '0')}`;

function settle(log: LogBuilder, [incident]: string[], [target]: string[]): void {
  if (incident === undefined || target === undefined) return;
  log.add(agent, 'incident.settle', { incident, target, state: 'accepted', nonce: log.nonce() });
}

const ignoredOf = ({ timeline }: LogBuilder): Map<number, string> =>
  new Map(timeline.registry.ignored.map(({ index, reason }) => [index, reason]));

describe('PROTOCOL 4.6: view roots', () => {
  it('a second implementation reaches the same roots, at every witnessed size of random logs', () => {
    fc.assert(
      fc.property(steps, (moves) => {
        const log = play(moves);
        const naive = { records: log.records, ignored: ignoredOf(log) };
        for (const { size } of log.timeline.registry.time.points) {
          expect(viewRootsAt(log.timeline, size)).toEqual(naiveRoots(naive, size));
        }
      }),
      {
        numRuns: 60,
        // A renewed lease, drained by its first id, then leased anew.
        examples: [[[7, 7, 0, 8, 0, 0, 7].map((what) => ({ what, pick: 131 }))]],
      },
    );
  });

  it('a root at an older size does not move as the log grows', () => {
    fc.assert(
      fc.property(steps, (moves) => {
        const log = play(moves);
        const size = log.timeline.witnessedSize;
        const before = viewRootsAt(log.timeline, size);
        log.output(nodeA, `sha256:${'b'.repeat(64)}`);
        log.decide({});
        log.witness(9_999);
        expect(viewRootsAt(log.timeline, size)).toEqual(before);
      }),
      { numRuns: 30 },
    );
  });

  it('vectors/view-root.json: the roots of a small log at every witnessed size', () => {
    if (process.env.ASSAY_WRITE_GOLDEN === '1') writeVector();
    const { entries, roots } = JSON.parse(readFileSync(VECTOR, 'utf8')) as Vector;
    const timeline = new Timeline(({ note }) => Number(note));
    entries.forEach((entry, index) =>
      timeline.apply({ ...openStatement(fromBase64(entry)), index } as LogRecord),
    );
    const computed = timeline.registry.time.points.map(({ size }) => ({
      size,
      ...viewRootsAt(timeline, size),
    }));
    expect(computed).toEqual(roots);
  });

  it('roots are due ever more rarely as a log grows', () => {
    expect([
      isViewRootDue(63, 0),
      isViewRootDue(64, 0),
      isViewRootDue(1_124, 1_000),
      isViewRootDue(1_125, 1_000),
    ]).toEqual([false, true, false, true]);
  });
});

interface Vector {
  readonly about: string;
  readonly entries: readonly string[];
  readonly roots: readonly { readonly size: number; readonly registry: string; readonly lineage: string }[];
}

function writeVector(): void {
  const log = play(Array.from({ length: 40 }, (_, i) => ({ what: (i * 7) % 12, pick: i * 13 })));
  const about =
    'Entries in base64; the note of each checkpoint.cosigned is its witnessed second in digits. See specs/view-root.md.';
  const roots = log.timeline.registry.time.points.map(({ size }) => ({
    size,
    ...naiveRoots({ records: log.records, ignored: ignoredOf(log) }, size),
  }));
  writeFileSync(
    VECTOR,
    `${JSON.stringify({ about, entries: log.entries.map(base64), roots } satisfies Vector, null, 1)}\n`,
  );
}
