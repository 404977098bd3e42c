import { readFileSync } from 'node:fs';
import { ed25519Signer, sealEnvelope, signStatement, utf8 } from '@assay/core';
import { decodeBundle, encodeBundle, parseCheckpoint, parseNote } from '@assay/log';
import { RULES, viewRootsAt } from '@assay/views';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AuditOptions, auditLog, FINDING_CODES } from '../../src/index.ts';
import { nodeA, nodeB, operator, stranger } from '../../../views/test/support/log-builder.ts';
import { begun, channel, readerOf, type RealLog, trust, V1, V2 } from '../support/real-log.ts';

// Three bundles and two levels of tiles.
const whole = begun(540);
const head = whole.note();
const audit = (files: ReadonlyMap<string, Uint8Array>, options: AuditOptions = {}) =>
  auditLog(readerOf(files), trust, options);
const codes = async (
  files: ReadonlyMap<string, Uint8Array>,
  options: AuditOptions = {},
): Promise<string[]> => [...(await audit(files, options)).counts.keys()];
const flip = (bytes: Uint8Array, at: number): Uint8Array => bytes.with(at, (bytes[at] as number) ^ 1);

/** The files of `whole`, with one of them changed. */
function altered(
  path: string,
  change: (bytes: Uint8Array) => Uint8Array | undefined,
): Map<string, Uint8Array> {
  const files = whole.files(head);
  const before = files.get(path);
  if (before === undefined) throw new Error(`there is no ${path}; there is ${[...files.keys()].join(', ')}`);
  const after = change(before);
  if (after === undefined) files.delete(path);
  else files.set(path, after);
  return files;
}

const size = whole.entries.length;
const lastWidth = size % 256;
const lastBundle = `tile/entries/002.p/${lastWidth}`;

describe('a log as it is', () => {
  it('is clean, and everything in it was verified', async () => {
    const progress: number[] = [];
    const report = await audit(whole.files(head), {
      onProgress: (done) => progress.push(done),
      known: [{ from: 'w1', note: head }],
    });
    expect(report.findings.map(String)).toEqual([]);
    expect(report.verdict).toBe('clean');
    expect(report.verified).toEqual({ entries: size, checkpoints: 7, viewRoots: 7 });
    expect(report.head).toMatchObject({
      checkpoint: { size },
      cosigned: ['witness.example/w1', 'witness.example/w2', 'witness.example/w3'],
    });
    expect(progress).toEqual([256, 512, size]);
    expect(report.timeline?.size).toBe(size);
  });

  it.each([0, 1, 2, 240, 241, 246, 247, 248])(
    'is clean with %i outputs, around the widths of a tile',
    async (outputs) => {
      const log = begun(outputs);
      expect((await audit(log.files())).findings.map(String)).toEqual([]);
    },
  );

  it('reads the full bundle and tile where the partial ones were deleted, and only as far as the checkpoint goes', async () => {
    const log = begun(540);
    const before = log.files();
    while (log.entries.length < 768) log.append(utf8('logged later, and no statement'));
    const after = log.files(before.get('checkpoint'));
    expect([...after.keys()]).toEqual(expect.arrayContaining(['tile/0/002', 'tile/entries/002']));
    after.set('tile/1/000.p/2', before.get('tile/1/000.p/2') as Uint8Array);
    expect((await audit(after)).findings.map(String)).toEqual([]);
  });
});

describe('altered copies, each with a code of its own', () => {
  it.each([0, 1, 255, 256, 300, size - 1])(
    'entry-byte-flipped: one bit of entry %i, and that entry is named',
    async (index) => {
      const bundle = Math.floor(index / 256);
      const path = bundle === 2 ? lastBundle : `tile/entries/00${bundle}`;
      const files = altered(path, (bytes) => {
        const entries = decodeBundle(bytes, bundle === 2 ? lastWidth : 256);
        return encodeBundle(entries.with(index % 256, flip(entries[index % 256] as Uint8Array, 40)));
      });
      const report = await audit(files);
      expect([...report.counts]).toEqual([['entry-byte-flipped', 1]]);
      expect(report.findings[0]?.where).toBe(`entry ${index}`);
      expect(report.verdict).toBe('finding');
    },
  );

  it('entry-byte-flipped: two entries swapped are two', async () => {
    const files = altered('tile/entries/001', (bytes) => {
      const entries = decodeBundle(bytes, 256);
      return encodeBundle([
        ...entries.slice(0, 10),
        entries[11],
        entries[10],
        ...entries.slice(12),
      ] as Uint8Array[]);
    });
    expect([...(await audit(files)).counts]).toEqual([['entry-byte-flipped', 2]]);
  });

  it.each(['tile/0/000', 'tile/0/001', `tile/0/002.p/${lastWidth}`, 'tile/1/000.p/2'])(
    'tile-mismatch: one bit of %s',
    async (path) => {
      const report = await audit(altered(path, (bytes) => flip(bytes, bytes.length - 7)));
      expect([...report.counts]).toEqual([['tile-mismatch', 1]]);
      expect(report.findings[0]?.where).toBe(path);
    },
  );

  it('tile-mismatch: two tiles swapped, and a tile of the wrong length', async () => {
    const files = whole.files(head);
    const swapped = new Map([
      ...files,
      ['tile/0/000', files.get('tile/0/001') as Uint8Array],
      ['tile/0/001', files.get('tile/0/000') as Uint8Array],
    ]);
    expect([...(await audit(swapped)).counts]).toEqual([['tile-mismatch', 2]]);
    expect(await codes(altered('tile/0/001', (bytes) => bytes.slice(32)))).toEqual(['tile-mismatch']);
    expect(await codes(altered('tile/1/000.p/2', (bytes) => bytes.slice(1)))).toEqual(['tile-mismatch']);
  });

  it.each(['tile/0/001', 'tile/1/000.p/2'])('tile-missing: %s', async (path) => {
    const report = await audit(altered(path, () => undefined));
    expect([...report.counts]).toEqual([['tile-missing', 1]]);
    expect(report.findings[0]?.where).toBe(path);
  });

  it('cosignature-missing: one cosignature dropped', async () => {
    const files = whole.files(whole.note(2));
    expect(await codes(files)).toEqual(['cosignature-missing']);
  });

  it('cosignature-missing: a cosignature that does not hold counts for nobody', async () => {
    const text = new TextDecoder().decode(head);
    const bent = text.replace(
      /(w3 \S{20})(.)/,
      (_, start: string, c: string) => `${start}${c === 'A' ? 'B' : 'A'}`,
    );
    expect(await codes(whole.files(utf8(bent)))).toEqual(['cosignature-missing']);
  });

  it('truncated-log: an older, smaller tree, seen through what a witness holds', async () => {
    const older = begun(300);
    expect(await codes(older.files())).toEqual([]);
    const report = await audit(older.files(), { known: [{ from: 'w1', note: head }] });
    expect([...report.counts]).toEqual([['truncated-log', 1]]);
    expect(report.findings[0]?.what).toContain(`w1 holds a checkpoint of ${size} entries`);
  });

  it('a witness that is ahead of what is published is no fault while the log serves the entries', async () => {
    const log = begun(240);
    const published = log.files();
    while (log.entries.length < 530) log.append(utf8(`later ${log.entries.length}`));
    const ahead = { from: 'w1', note: log.note(1) };
    const files = new Map([...log.files(), ...published]);
    expect(await codes(files, { known: [ahead] })).toEqual([]);
    const cut = new Map([...files].filter(([path]) => !path.startsWith('tile/entries/002')));
    expect(await codes(cut, { known: [ahead] })).toEqual(['truncated-log']);
    const other = new Map(files);
    const bundle = decodeBundle(files.get('tile/entries/001') as Uint8Array, 256);
    other.set('tile/entries/001', encodeBundle(bundle.with(200, utf8('another'))));
    expect(await codes(other, { known: [ahead] })).toEqual(['forked-tree']);
  });

  it('truncated-log: the last bundle is not served, or holds fewer entries than the checkpoint says', async () => {
    expect((await codes(altered(lastBundle, () => undefined)))[0]).toBe('truncated-log');
    const cut = altered(lastBundle, (bytes) => encodeBundle(decodeBundle(bytes, lastWidth).slice(0, -1)));
    expect((await codes(cut))[0]).toBe('truncated-log');
  });

  it('bundle-malformed: a bundle that ends inside an entry', async () => {
    expect((await codes(altered(lastBundle, (bytes) => bytes.slice(0, -3))))[0]).toBe('bundle-malformed');
  });

  it('forked-tree: another tree, signed by the log and by one witness too few, contradicts what witnesses hold', async () => {
    const fork = whole.fork(400);
    while (fork.entries.length < size + 5) fork.output(nodeA, V2);
    const report = await audit(fork.files(fork.note(2)), { known: [{ from: 'w3', note: head }] });
    expect(report.findings[0]?.code).toBe('forked-tree');
    expect(report.counts.get('cosignature-missing')).toBe(1);
  });

  it('forked-tree: the witnessed checkpoints inside the log contradict it, with no witness asked', async () => {
    const fork = whole.fork();
    const forged = rebuilt(fork, 300);
    const report = await audit(forged.files(forged.note(2)));
    expect(report.findings[0]?.code).toBe('forked-tree');
    expect(report.findings[0]?.what).toMatch(/^entry [0-9]+ has root/);
  });

  it('forked-tree is not called so when the other checkpoint is not signed by the log', async () => {
    const other = begun(2).note();
    const note = utf8(
      new TextDecoder().decode(other).replace('log.example/audited\n', 'log.example/other\n'),
    );
    expect(
      await codes(whole.files(head), {
        known: [
          { from: 'w1', note },
          { from: 'w2', note: utf8('?') },
        ],
      }),
    ).toEqual([]);
  });

  it('root-mismatch: every entry and tile rewritten under the old checkpoint', async () => {
    const forged = rebuilt(whole.fork(), 300);
    expect((await codes(forged.files(head)))[0]).toBe('root-mismatch');
  });

  it('log-signature, checkpoint-malformed, checkpoint-missing', async () => {
    const text = new TextDecoder().decode(head);
    const signed = (from: string, to: string) => whole.files(utf8(text.replace(from, to)));
    expect(await codes(signed(`\n${size}\n`, `\n${size - 1}\n`))).toEqual(['log-signature']);
    expect(await codes(signed('log.example/audited\n', 'log.example/evil\n'))).toEqual(['log-signature']);
    expect(await codes(signed(`\n${size}\n`, `\n0${size}\n`))).toEqual(['checkpoint-malformed']);
    expect(await codes(altered('checkpoint', () => utf8('<html>')))).toEqual(['checkpoint-malformed']);
    expect(await codes(altered('checkpoint', () => undefined))).toEqual(['checkpoint-missing']);
  });

  it('cosignature-future: a quorum that says it saw the tree tomorrow', async () => {
    const report = await auditLog(readerOf(whole.files(head)), { ...trust, judgedAt: 1_600_000_000 });
    expect([...report.counts.keys()]).toContain('cosignature-future');
  });
});

describe('what the statements say', () => {
  it.each(['registry', 'lineage'])(
    'view-root-mismatch: a %s root that the rules do not give, though signed and witnessed',
    async (view) => {
      const log = begun(5);
      const honest = viewRootsAt(log.timeline, log.timeline.witnessedSize);
      log.witness();
      const roots = { ...viewRootsAt(log.timeline, log.timeline.witnessedSize), [view]: 'f'.repeat(64) };
      expect(honest).not.toEqual(roots);
      const size = String(log.timeline.witnessedSize);
      log.add(operator, 'view.root', { origin: 'log.example/audited', size, rules: RULES, roots });
      const report = await audit(log.files());
      // The same root stated twice with two values is an equivocation of the operator as well.
      expect([...report.counts.keys()].toSorted()).toEqual(['equivocation', 'view-root-mismatch']);
      expect(report.findings[0]?.where).toBe(`entry ${log.entries.length - 1}`);
    },
  );

  it('view-root-mismatch: of a size that no logged checkpoint has', async () => {
    const log = begun(5);
    log.witness(log.note(), { size: '3' });
    log.witness(log.note(), { size: '99999' });
    expect([...(await audit(log.files())).counts]).toEqual([['view-root-mismatch', 2]]);
  });

  it('rules-unknown: a view root by other rules cannot be told', async () => {
    const log = begun(5);
    log.witness(log.note(), { rules: V1 });
    const report = await audit(log.files());
    expect([...report.counts]).toEqual([['rules-unknown', 1]]);
    expect(report.verdict).toBe('incomplete');
  });

  it('logged-checkpoint: one without a quorum, one that is not what it says, one from the future of the log', async () => {
    const log = begun(5);
    log.witness(log.note(2));
    log.add(operator, 'checkpoint.cosigned', {
      origin: 'log.example/audited',
      size: '3',
      note: new TextDecoder().decode(log.note()),
    });
    const longer = begun(90).note();
    log.add(operator, 'checkpoint.cosigned', {
      origin: 'log.example/audited',
      size: '103',
      note: new TextDecoder().decode(longer),
    });
    expect((await audit(log.files())).counts.get('logged-checkpoint')).toBe(3);
  });

  it('entry-signature, entry-schema, entry-unknown: what should never have been admitted', async () => {
    const log = begun(5);
    const good = new TextDecoder().decode(log.entries[4]);
    log.append(utf8(good.replace(/"sig":"..../, '"sig":"AAAA')));
    log.append(utf8('not a statement'));
    expect([...(await audit(log.files())).counts.keys()].toSorted()).toEqual([
      'entry-schema',
      'entry-signature',
    ]);
    const newer = begun(5);
    newer.append(sealEnvelope(utf8(statementOfTomorrow), ed25519Signer(new Uint8Array(32).fill(0x55))).entry);
    const report = await audit(newer.files());
    expect([...report.counts]).toEqual([['entry-unknown', 1]]);
    expect(report.verdict).toBe('incomplete');
  });

  it('unauthorised is told and no reason to refuse the log: anybody may try', async () => {
    const log = begun(5);
    log.add(stranger, 'participant.join', stranger.join(['agent']));
    log.add(stranger, 'channel.decide', { channel, to: { [V2]: 10_000 }, nonce: '9'.repeat(32) });
    log.add(stranger, 'checkpoint.cosigned', { origin: 'log.example/audited', size: '1', note: 'nonsense' });
    const report = await audit(log.files());
    expect([...report.counts]).toEqual([['unauthorised', 2]]);
    expect(report.verdict).toBe('clean');
  });

  it('equivocation: two receipts of one node for one sequence number', async () => {
    const log = begun(5);
    log.output(nodeA, V1, { sequence: '0' });
    expect([...(await audit(log.files())).counts]).toEqual([['equivocation', 1]]);
  });

  it('diverged: a node that serves another version than announced is named, with its outputs counted', async () => {
    const log = begun(6);
    log.decide(V2);
    log.witness();
    log.output(nodeA, V2);
    log.witness();
    log.decide(V1);
    log.witness();
    log.witness();
    for (let i = 0; i < 3; i++) log.output(nodeB, V2);
    log.output(nodeA, V1);
    log.witness();
    const report = await audit(log.files());
    expect([...report.counts]).toEqual([['diverged', 1]]);
    expect(report.findings[0]?.what).toBe('p4 served v2 on vol/prod, which announced v1');
    expect(report.findings[0]?.where).toMatch(/, 3 outputs$/);
    expect(report.verdict).toBe('finding');
  });

  it('hostile answers never stop the audit: every file replaced by other bytes, in turn', async () => {
    const files = whole.files(head);
    for (const path of files.keys()) {
      for (const bytes of [new Uint8Array(), utf8('x'), new Uint8Array(100_000)]) {
        const report = await audit(new Map([...files, [path, bytes]]));
        expect(report.verdict, path).toBe('finding');
      }
    }
  });
});

describe('specs/audit.md', () => {
  it('lists every code, the gravest first', () => {
    const codesListed = Array.from(
      readFileSync('specs/audit.md', 'utf8').matchAll(/^\| `([a-z-]+)` \|/gm),
      (match) => match[1],
    );
    expect(codesListed).toEqual([...FINDING_CODES]);
  });
});

describe('any copy', () => {
  const small = begun(20);
  const files = [...small.files()];

  it('in which any one bit is changed is refused, or is the same log without its ML-DSA-44 signature', async () => {
    const file = fc.nat({ max: files.length - 1 });
    const [, checkpoint] = files[0] as [string, Uint8Array];
    const lines = new TextDecoder().decode(checkpoint).split('\n');
    // The one line that nobody requires: with its name or key ID changed it is a signature by somebody unknown.
    const optional = lines.findIndex((line) => line.length > 3_000);
    await fc.assert(
      fc.asyncProperty(file, fc.nat(), fc.nat({ max: 7 }), async (which, at, bit) => {
        const [path, bytes] = files[which] as [string, Uint8Array];
        const place = at % bytes.length;
        const bent = bytes.with(place, (bytes[place] as number) ^ (1 << bit));
        const report = await audit(new Map([...files, [path, bent]]));
        const line = new TextDecoder().decode(bytes.subarray(0, place)).split('\n').length - 1;
        if (path === 'checkpoint' && line === optional && report.verdict === 'clean') {
          expect(report.head?.checkpoint.root).toEqual(parseCheckpoint(parseNote(checkpoint).text).root);
        } else {
          expect(report.verdict, `${path} byte ${place} bit ${bit}`).toBe('finding');
        }
      }),
      { numRuns: 80, examples: [[0, 73, 0]] },
    );
  });

  it('that cannot be read is no verdict: the audit rejects with the reader’s own error', async () => {
    for (const [path] of files) {
      const reader = {
        read: async (asked: string) => {
          if (asked === path) throw new Error(`no route to ${asked}`);
          return new Map(files).get(asked);
        },
      };
      await expect(auditLog(reader, trust)).rejects.toThrow(`no route to ${path}`);
    }
  });

  it('is judged by its bytes and tree alone when asked so', async () => {
    const log = begun(3);
    log.append(utf8('not a statement'));
    expect((await audit(log.files(), { statements: false })).verdict).toBe('clean');
    expect((await audit(log.files())).verdict).toBe('finding');
  });
});

const statementOfTomorrow =
  '{"_type":"https://in-toto.io/Statement/v1","predicate":{},"predicateType":"https://assay.network/statement/act/v9","subject":[]}';

/** The log with entry `at` replaced by another valid statement, and everything after it as it was. */
function rebuilt(log: RealLog, at: number): RealLog {
  const copy = begun(0);
  const other = signStatement('participant.leave', {}, ed25519Signer(new Uint8Array(32).fill(0x55)));
  for (const [index, entry] of log.entries.entries()) {
    if (index >= copy.entries.length) copy.append(index === at ? other : entry);
  }
  return copy;
}
