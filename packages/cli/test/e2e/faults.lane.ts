/** The same story with other nodes at fault, and with none: what is told must follow from the log, not from the script. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assay, assayJson } from './support/assay.ts';
import { type Audit, incidentOf, type Reach } from './support/incident.ts';
import { freePorts } from './support/ports.ts';
import { ToldStory } from './support/told-story.ts';

/** What `rerun --cleared --sample N` says. */
interface Draw {
  readonly sample: {
    readonly size: number;
    readonly of: number;
    readonly drawn: number;
    readonly seed: string;
  };
  readonly rows: readonly { readonly output: string; readonly node: string }[];
}

/** What `close` says. */
interface Closing {
  readonly closed: boolean;
  readonly why: readonly string[];
}

/** A day's features, for requests of our own. */
const ASKED = '[[1.2,1.1,1.3,0.4]]';

/** What becomes of everything that the story's incident reaches. */
const SETTLED = { output: 'accepted', decision: 'accepted', workflow: 'superseded', payment: 'compensated' };

/** Looks again until it is so: witnesses and nodes take their time. */
async function untilIs(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 120; tries++) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  throw new Error(`never ${what}`);
}

/** A story of its own for the tests of one `describe`. */
function toldWith(fault: string): { readonly dir: string; readonly told: () => string } {
  const dir = mkdtempSync(join(tmpdir(), 'assay-lane-'));
  let story: ToldStory | undefined;
  let told = '';
  beforeAll(async () => {
    story = new ToldStory({ dir, port: await freePorts(), fault, stays: true });
    told = await story.toldAll();
  });
  afterAll(async () => {
    await story?.killAll();
    rmSync(dir, { recursive: true, force: true });
  });
  return { dir, told: () => told };
}

const audit = async (dir: string): Promise<Audit & { readonly exit: number }> => {
  const { code, data } = await assayJson('audit', '--dir', dir);
  return { ...(data as Audit), exit: code };
};

describe('a node that serves v2 and says v1', () => {
  const liar = 'node-b.fault-serve-stale-lying';
  const { dir, told } = toldWith('b=serve-stale:lying');
  const reach = async (): Promise<Reach> =>
    (await assayJson('reach', incidentOf(told()), '--dir', dir)).data as Reach;
  const closeTried = async (...draw: string[]): Promise<Closing> =>
    (await assayJson('close', incidentOf(told()), ...draw, '--dir', dir)).data as Closing;
  let suspects: readonly string[] = [];

  it('PROTOCOL 6.2: before anybody looks, only its own word clears its outputs, and reach lists them', async () => {
    const { clearedBySelfOnly, rows } = await reach();
    expect(clearedBySelfOnly.length).toBeGreaterThan(0);
    expect(rows.some(({ verdict }) => verdict === 'diverged')).toBe(false);
    expect((await audit(dir)).findings).toEqual([]);
    for (const output of clearedBySelfOnly) {
      const { out } = await assay('who', output, '--dir', dir);
      expect(out).toMatch(liar);
      expect(out).toMatch(/^v1 /);
    }
    suspects = clearedBySelfOnly;
  });

  it('PROTOCOL 6.2: a draw from them can be repeated by anybody, and one that is not confirmed closes nothing', async () => {
    const draw = ['--sample', '1'];
    const drawn = async (...more: string[]): Promise<Draw> =>
      (
        await assayJson(
          'rerun',
          incidentOf(told()),
          '--on',
          'v1',
          '--cleared',
          ...draw,
          ...more,
          '--dir',
          dir,
        )
      ).data as Draw;
    const { sample, rows } = await drawn('--wait', 'witnessed');
    expect(rows).toHaveLength(1);
    expect(suspects).toContain(rows[0]?.output);
    expect(sample).toMatchObject({
      of: suspects.length,
      drawn: 1,
      seed: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    const at = ['--drawn-at', String(sample.size)];
    const again = await drawn(...at);
    expect(again.sample.seed).toBe(sample.seed);
    // By now the witnesses may have seen what the first run found: then there is nothing left to run.
    expect([[], [rows[0]?.output]]).toContainEqual(again.rows.map(({ output }) => output));
    const { code, out } = await assay('close', incidentOf(told()), ...draw, ...at, '--dir', dir);
    expect(code).toBe(1);
    // The draw falls on what the node lied about, or on what it served as it said; only the first stands in the way.
    const { out: said } = await assay('who', rows[0]?.output ?? '', '--dir', dir);
    const inTheWay =
      /1 of 1 drawn outputs (are not re-executed yet|were not made by what their receipts say)/.test(out);
    expect(inTheWay).toBe(/DIVERGED/.test(said));
  });

  it('PROTOCOL 2.2: after re-execution by somebody unrelated, who says diverged and the audit names the node', async () => {
    const rerun = await assay('rerun', incidentOf(told()), '--on', 'v1', '--wait', 'witnessed', '--dir', dir);
    expect(rerun.out).toMatch(`LIED  ${liar}`);
    const said = await Promise.all(suspects.map((output) => assay('who', output, '--dir', dir)));
    const diverged = said.filter(({ out }) => /DIVERGED/.test(out));
    expect(diverged.length).toBeGreaterThan(0);
    for (const { code, out } of diverged) {
      expect(code).toBe(1);
      expect(out).toMatch(/^v2 /);
      expect(out).toMatch('re-execution');
    }
    const { exit, findings } = await audit(dir);
    expect(exit).toBe(1);
    expect(findings.map(({ code }) => code)).toEqual(['diverged']);
    expect(findings[0]?.what).toMatch(`${liar} served v2`);
  });

  it('what was found out enters the scope, and nothing is cleared by a liar alone any more', async () => {
    const { clearedBySelfOnly, rows } = await reach();
    expect(clearedBySelfOnly).toEqual([]);
    expect(rows.some(({ verdict }) => verdict === 'diverged')).toBe(true);
  });

  it('a bundle of the scope verifies offline, and not once a row is changed', async () => {
    const out = join(dir, 'scope.csv');
    const bundled = await assay('bundle', incidentOf(told()), '--attest', '--out', out, '--dir', dir);
    expect(bundled.code).toBe(0);
    expect((await assay('verify', `${out}.bundle.json`, '--dir', dir)).code).toBe(0);
    writeFileSync(out, readFileSync(out, 'utf8').replace('open', 'done'));
    expect((await assay('verify', `${out}.bundle.json`, '--dir', dir)).code).toBe(1);
  });

  it('close names everything that stands in the way', async () => {
    const { code, out } = await assay('close', incidentOf(told()), '--dir', dir);
    expect(code).toBe(1);
    expect(out).toMatch(`${liar} has not drained v2`);
    expect(out).toMatch(/decisions open: such as [0-9a-f]{12}/);
  });

  it('PROTOCOL 5.2: withdrawn, the version is drained by the liar as well', async () => {
    expect((await assay('withdraw', 'v2', '--because', 'columns swapped', '--dir', dir)).code).toBe(0);
    await untilIs(
      'undrained',
      async () => !(await closeTried()).why.some((why) => why.startsWith('not drained')),
    );
    expect((await assay('infer', 'sp500-vol', '--pin', 'v2', '--input', ASKED, '--dir', dir)).err).toMatch(
      /withdrawn/,
    );
  });

  it('settled to the last record, it is still not closed: what the liar serves in the window only itself clears', async () => {
    for (const [kind, state] of Object.entries(SETTLED))
      expect(
        (await assay('settle', incidentOf(told()), '--kind', kind, '--state', state, '--dir', dir)).code,
      ).toBe(0);
    let asked = 0;
    await untilIs('cleared by the liar alone', async () => {
      if (asked < 60)
        await assay(
          'infer',
          'sp500-vol',
          '--pin',
          'v1',
          '--id',
          `again-${asked++}`,
          '--input',
          ASKED,
          '--dir',
          dir,
        );
      return (await reach()).clearedBySelfOnly.length >= 3;
    });
    await untilIs('settled', async () => (await closeTried()).why.length === 1);
    expect((await closeTried()).why).toEqual([
      expect.stringMatching(/^\d+ outputs cleared only by the word of a suspect node/),
    ]);
  });

  it('PROTOCOL 6.1, 6.2: closed on a sample that was re-executed, with its bound and k recomputed roots in the certificate', async () => {
    const rerun = [
      'rerun',
      incidentOf(told()),
      '--on',
      'v1',
      '--cleared',
      '--sample',
      '2',
      '--wait',
      'witnessed',
    ];
    const { sample, rows } = (await assayJson(...rerun, '--dir', dir)).data as Draw;
    expect(rows).toHaveLength(2);
    expect(rows.every(({ node }) => node === rows[0]?.node)).toBe(true);
    const draw = ['--sample', '2', '--drawn-at', String(sample.size)];
    await untilIs('closed', async () => (await closeTried(...draw)).closed);
    const { closure } = (await assayJson('reach', incidentOf(told()), '--dir', dir)).data as Reach;
    expect(closure).toMatchObject({
      state: 'closed',
      by: { operators: [expect.any(String), expect.any(String)] },
    });
    const stated = { size: sample.size, of: sample.of, drawn: 2, seed: sample.seed };
    expect(closure.by?.sample).toEqual({ ...stated, bound: expect.stringMatching(/^0\.\d{1,6}$/) });
    expect((await assay('reach', incidentOf(told()), '--dir', dir)).out).toMatch(
      /^closed as of log size \d+$/m,
    );
  });

  it('I10: a late record reopens it, and the audit has nothing against any of this', async () => {
    const bad = (await reach()).rows.find(({ kind }) => kind === 'output')?.record ?? '';
    const late = [
      '--type',
      'decision',
      '--reversibility',
      'retractable',
      '--uses',
      bad,
      '--wait',
      'witnessed',
    ];
    expect((await assay('act', ...late, '--dir', dir)).code).toBe(0);
    await untilIs('reopened', async () =>
      /reopened by what came later: one reason/.test(
        (await assay('reach', incidentOf(told()), '--dir', dir)).out,
      ),
    );
    expect((await audit(dir)).findings.map(({ code }) => code)).toEqual(['diverged']);
  });

  it('drill recalls a version and finds the same root in its file as in the log', async () => {
    const { code, out } = await assay('drill', '--on', 'v2', '--dir', dir);
    expect(code).toBe(0);
    expect(out).toMatch(/scope root [0-9a-f]{64}, as the log does/);
  });
});

describe('no node at fault', () => {
  const { dir, told } = toldWith('none');

  it('the story is told as before, and the audit is clean', async () => {
    expect(told()).not.toMatch(/fault/);
    const { exit, verdict, findings } = await audit(dir);
    expect(findings).toEqual([]);
    expect(verdict).toBe('clean');
    expect(exit).toBe(0);
  });

  it('the incident still reaches what v2 made while it was announced, and nothing rests on a suspect word', async () => {
    const { data } = await assayJson('reach', incidentOf(told()), '--dir', dir);
    const { affected, clearedBySelfOnly, rows } = data as Reach;
    expect(affected).toBeGreaterThan(0);
    expect(clearedBySelfOnly).toEqual([]);
    expect(rows.some(({ verdict }) => verdict === 'diverged')).toBe(false);
  });
});
