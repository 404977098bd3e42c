/** The story on a network of real processes, and what a stranger can find out about it. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStatement, signStatement, utf8 } from '@assay/core';
import { loadIdentity } from '@assay/core/node';
import { RULES } from '@assay/views';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assay, assayInHaste, assayJson } from './support/assay.ts';
import { type Audit, incidentOf, type Reach } from './support/incident.ts';
import { entriesOf, fileOf, type Files, publicFiles, signedFiles, sizeOf } from './support/log-copy.ts';
import { freePorts } from './support/ports.ts';
import { serveFiles } from './support/static-server.ts';
import { ToldStory } from './support/told-story.ts';

const STALE = 'node-c.fault-serve-stale-honest';
const dir = mkdtempSync(join(tmpdir(), 'assay-story-'));
const port = await freePorts();
const story = new ToldStory({ dir, port, fault: 'c=serve-stale:honest', stays: true });
let told = '';

beforeAll(async () => {
  told = await story.toldAll();
}, 240_000);

afterAll(async () => {
  await story.killAll();
  rmSync(dir, { recursive: true, force: true });
});

const incident = (): string => incidentOf(told);
const reach = async (...more: string[]): Promise<Reach> =>
  (await assayJson('reach', incident(), '--dir', dir, ...more)).data as Reach;

describe('the story', () => {
  it('is told to its end, with the line of what happened and the books', () => {
    expect(told).toMatch(/5\. The rollback was easy/);
    expect(told).toMatch(/^announced +[░▓█]/m);
    expect(told).toMatch(/^served +/m);
    expect(told).toMatch(/^books +/m);
    expect(told).not.toMatch(/Error\[/);
    expect(readFileSync(join(dir, 'line.svg'), 'utf8')).toMatch(/^<svg[^]*<\/svg>\s*$/);
  });

  it('fits 80 columns where it draws', () => {
    const drawn = told.slice(told.indexOf('\nannounced'), told.indexOf('\nincident'));
    for (const line of drawn.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  });
});

describe('asking further', () => {
  it('audit verifies the whole log, names the stale node, and exits with a finding', async () => {
    const { code, data } = await assayJson('audit', '--dir', dir);
    const { findings, verified } = data as Audit;
    expect(code).toBe(1);
    expect(findings.map(({ code }) => code)).toEqual(['diverged']);
    expect(findings[0]?.what).toMatch(`${STALE} served v2`);
    expect(verified.entries).toBeGreaterThan(100);
    expect(verified.viewRoots).toBeGreaterThan(0);
  });

  it('the books balance, and the scope holds outputs and what was built on them', async () => {
    const { affected, possible, books, rows } = await reach();
    expect(books.total).toBe(affected + possible);
    expect(rows).toHaveLength(books.total);
    expect(new Set(rows.map(({ type }) => type))).toEqual(new Set([null, 'decision', 'workflow', 'payment']));
  });

  it('who says of an output of the stale node that it diverged, and exits with a finding', async () => {
    const diverged = (await reach()).rows.find(({ verdict }) => verdict === 'diverged');
    const { code, out } = await assay('who', diverged?.record ?? '', '--dir', dir);
    expect(code).toBe(1);
    expect(out).toMatch(/^v2 /);
    expect(out).toMatch(STALE);
    expect(out).toMatch(/DIVERGED/);
  });

  it('why leads from a payment back to an output that a bad version made', async () => {
    const payment = (await reach()).rows.find(({ type }) => type === 'payment');
    const { out } = await assay('why', payment?.record ?? '', '--incident', incident(), '--dir', dir);
    expect(out).toMatch(/output [^]*v2 on node-[^]*decision [^]*payment/);
  });

  it("a user's own request says what it costs, is paid for, and its receipt verifies offline", async () => {
    const features = [1.2, 1.1, 1.3, 0.4];
    const inputs = [{ name: 'features', datatype: 'FP32', shape: [1, 4], data: features }];
    const gateway = `http://127.0.0.1:${port}`;
    const unpaid = await fetch(`${gateway}/v2/models/sp500-vol/infer`, {
      method: 'POST',
      body: JSON.stringify({ id: 'mine', inputs }),
    });
    expect(unpaid.status).toBe(402);
    expect(unpaid.headers.get('payment-required')).toBeTruthy();
    const input = ['--input', JSON.stringify([features]), '--wait', 'witnessed'];
    const { data } = await assayJson('infer', 'sp500-vol', ...input, '--dir', dir);
    const receipt = `${gateway}/assay/v1/receipts/${(data as { readonly receipt: string }).receipt}`;
    const files = [join(dir, 'receipt.json'), join(dir, 'receipt.tlog-proof')] as const;
    for (const [i, path] of ['', '/proof?wait=witnessed'].entries()) {
      const bytes = await (await fetch(`${receipt}${path}`)).arrayBuffer();
      writeFileSync(files[i] as string, new Uint8Array(bytes));
    }
    const policy = ['--policy', join(dir, 'policy')];
    expect((await assay('verify', ...files, ...policy)).code).toBe(0);
    // The same with another answer's receipt: the proof is not of it.
    writeFileSync(files[0], forgedReceipt(readFileSync(files[0])));
    expect((await assay('verify', ...files, ...policy)).code).toBe(1);
  });

  it('the same question at the same size has the same root, asked from a copy of the log alone', async () => {
    // Whatever was logged since then has put the checkpoint that covers the incident under another one.
    await using copy = await serveFiles(publicFiles(dir));
    const policy = join(dir, 'policy');
    const { data } = await assayJson('reach', incident(), '--log', copy.url, '--policy', policy);
    const { knownAt, scopeRoot } = data as Reach;
    expect(await reach('--known-at', String(knownAt))).toMatchObject({ knownAt, scopeRoot });
  });
});

/** Audits the log at `url` under the network's policy. */
async function audit(url: string): Promise<Audit & { readonly exit: number }> {
  const { code, data } = await assayJson('audit', '--log', url, '--policy', join(dir, 'policy'));
  return { ...(data as Audit), exit: code };
}

/** A receipt for another request, rightly signed by somebody. */
function forgedReceipt(entry: Uint8Array): Uint8Array {
  const statement = openStatement(entry);
  if (statement.kind !== 'output.receipt') throw new Error(`a ${statement.kind} is no receipt`);
  const { signer } = loadIdentity(join(dir, 'keys', 'node-a.json'));
  return signStatement('output.receipt', { ...statement.predicate, sequence: '999' }, signer);
}

describe('a copy that keeps back what came last', () => {
  it('truncated-log: every byte of it holds, and only the witnesses know that there is more', async () => {
    const entries = entriesOf(publicFiles(dir));
    const notes = entries
      .map(openStatement)
      .flatMap((s) => (s.kind === 'checkpoint.cosigned' ? [utf8(s.predicate.note)] : []));
    const older = notes.at(-4) as Uint8Array;
    const files = signedFiles(dir, entries.slice(0, sizeOf(older)), 4).set('checkpoint', older);
    await using copy = await serveFiles(files);
    const policy = join(dir, 'policy');
    // A living log is given ten seconds to publish what its witnesses have signed.
    const { out } = await assayInHaste('audit', '--log', copy.url, '--policy', policy, '--json');
    expect((JSON.parse(out) as Audit).findings[0]?.code).toBe('truncated-log');
  });
});

describe('the end', () => {
  it('comes with Ctrl-C, leaves nothing unsent, and a log that fsck finds clean', async () => {
    expect((await story.stop()).code).toBe(0);
    for (const node of ['node-a', 'node-b', STALE]) {
      expect(readFileSync(join(dir, 'logs', `${node}.log`), 'utf8')).not.toMatch('unsent');
    }
    expect((await assay('log', 'fsck', join(dir, 'state', 'log'))).code).toBe(0);
  });
});

describe('altered copies of the log, each refused with a code of its own', () => {
  const whole = (): Map<string, Uint8Array> => publicFiles(dir);
  const last = (files: Files, kind: string): string => {
    const size = sizeOf(fileOf(files, 'checkpoint'));
    return `tile/${kind}/000${size < 256 ? `.p/${size}` : ''}`;
  };
  const flipped = (bytes: Uint8Array, at: number): Uint8Array => bytes.with(at, (bytes[at] as number) ^ 1);

  /** How each copy is made from the files of the real log. */
  const copies: readonly (readonly [code: string, how: string, alter: () => Files])[] = [
    [
      'entry-byte-flipped',
      'one bit of one entry',
      () => {
        const files = whole();
        const path = last(files, 'entries');
        return files.set(path, flipped(fileOf(files, path), 500));
      },
    ],
    [
      'tile-mismatch',
      'the tile of another tree',
      () => {
        const files = whole();
        const path = last(files, '0');
        return files.set(path, fileOf(files, path).toReversed());
      },
    ],
    [
      'view-root-mismatch',
      'a view root that the rules do not give, signed by log, operator and witnesses',
      () => {
        const entries = entriesOf(whole());
        return signedFiles(dir, [...entries, forgedViewRoot(entries)], 4);
      },
    ],
    [
      'cosignature-missing',
      'a cosignature dropped, so that the quorum is not met',
      () => {
        const files = whole();
        const lines = new TextDecoder().decode(fileOf(files, 'checkpoint')).trimEnd().split('\n');
        const cosigned = lines.filter((line) => line.includes('/witness-'));
        const kept = lines.filter((line) => !cosigned.slice(2).includes(line));
        return files.set('checkpoint', utf8(`${kept.join('\n')}\n`));
      },
    ],
    [
      'forked-tree',
      'a tree without one act, signed by the log and one witness less than the quorum',
      () => {
        const entries = entriesOf(whole());
        const act = entries.findIndex((entry) => openStatement(entry).kind === 'act');
        return signedFiles(dir, entries.toSpliced(act, 1), 2);
      },
    ],
  ];

  it.each(copies)('%s: %s', async (code, _how, alter) => {
    await using copy = await serveFiles(alter());
    const { findings, verdict, exit } = await audit(copy.url);
    expect(findings[0]?.code).toBe(code);
    expect(verdict).toBe('finding');
    expect(exit).toBe(1);
  });

  it('an unaltered copy is not refused: only the stale node is found', async () => {
    await using copy = await serveFiles(whole());
    expect((await audit(copy.url)).findings.map(({ code }) => code)).toEqual(['diverged']);
  });
});

/** A view root at the newest witnessed size that the rules do not give. */
function forgedViewRoot(entries: readonly Uint8Array[]): Uint8Array {
  const cosigned = entries.map(openStatement).findLast(({ kind }) => kind === 'checkpoint.cosigned');
  if (cosigned?.kind !== 'checkpoint.cosigned') throw new Error('no witnessed checkpoint is in the log');
  const { origin, size } = cosigned.predicate;
  const roots = { registry: 'f'.repeat(64), lineage: 'f'.repeat(64) };
  const { signer } = loadIdentity(join(dir, 'keys', 'log.json'));
  return signStatement('view.root', { origin, size, rules: RULES, roots }, signer);
}
