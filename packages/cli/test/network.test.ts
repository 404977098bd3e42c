/** Commands against real processes: a log, four witnesses, a node and a gateway, over real sockets. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { randomBytes } from '@assay/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nodeName } from '../src/network/layout.ts';
import { bringUp, type RunningNetwork } from '../src/network/up.ts';
import { portBlock } from './e2e/support/ports.ts';
import { type Ran, runCli } from './support/run-cli.ts';

const models = fileURLToPath(new URL('../../../examples/sp500/models', import.meta.url));
const dir = mkdtempSync(join(tmpdir(), 'assay-cli-'));
const file = (name: string): string => join(dir, name);
let network: RunningNetwork;

const assay = (...args: string[]): Promise<Ran> => runCli([...args, '--dir', dir]);
const data = async (...args: string[]): Promise<Record<string, unknown>> => {
  const ran = await assay(...args, '--json');
  if (ran.code === 2) throw new Error(`${args.join(' ')}: ${ran.out}${ran.err}`);
  return ran.json() as Record<string, unknown>;
};
const text = (value: unknown): string => String(value);

function publishArgs(version: string): string[] {
  const from = (name: string): string => join(models, version, name);
  return [
    'publish',
    'vol',
    '--manifest',
    from('manifest.json'),
    '--blob',
    from('model.onnx'),
    '--label',
    version,
  ];
}

/** Asks until the node has seen the decision and leased the version. */
async function inferWhenReady(...args: string[]): Promise<Record<string, unknown>> {
  for (let i = 0; ; i++) {
    const ran = await assay(
      'infer',
      'vol',
      '--input',
      '[[1,2,3,0.5]]',
      '--wait',
      'witnessed',
      ...args,
      '--json',
    );
    if (ran.code === 0) return ran.json() as Record<string, unknown>;
    if (i === 60) throw new Error(ran.out);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

beforeAll(async () => {
  const plan = { dir, port: portBlock(3), nodes: [nodeName('a')] };
  network = await bringUp(plan, { entropy: { bytes: randomBytes }, tell: () => undefined });
}, 120_000);

afterAll(async () => {
  await network?.supervisor.stop();
  rmSync(dir, { recursive: true, force: true });
}, 60_000);

describe('a release, as its owner lives it', () => {
  let [good, bad, incident, payment, output] = ['', '', '', '', ''];

  it('publishes versions: content first, the same again changes nothing', async () => {
    const first = await data(...publishArgs('v1'));
    expect(first).toMatchObject({ label: 'v1', duplicate: false });
    good = text(first.version);
    expect(await assay(...publishArgs('v1'))).toMatchObject({ code: 0 });
    bad = text((await data(...publishArgs('v2'))).version);
    const kinds = (await data('log', 'ls', '--kind', 'blob.certificate')) as unknown as unknown[];
    expect(kinds, 'publishing the same again stores nothing').toHaveLength(2);
    const blob = text(first.blob);
    const restored = await data('blob', 'get', blob, '--out', file('restored'));
    expect(restored).toMatchObject({ corrupt: [] });
    expect(readFileSync(join(file('restored'), 'manifest.json'), 'utf8')).toContain('assay.manifest/v1');
    expect(await data('blob', 'stat', blob)).toMatchObject({ signed: { least: 6, of: 6 } });
  }, 120_000);

  it('refuses a blob that the manifest does not name, before anything is written', async () => {
    const args = publishArgs('v1').with(5, join(models, 'v2', 'model.onnx'));
    const { code, err } = await assay(...args);
    expect(code).toBe(2);
    expect(err).toContain('CliError[mismatch]: the manifest names');
  });

  it('moves a channel and says the label that the move computes to', async () => {
    expect(await data('promote', 'vol/prod', '--to', 'v1', '--wait', 'witnessed')).toMatchObject({
      label: 'initial',
    });
    expect(await data('canary', 'vol/prod', '--to', 'v1=90%', '--to', 'v2=10%')).toMatchObject({
      label: 'canary',
      to: { [good]: 9_000, [bad]: 1_000 },
    });
    expect(await data('promote', 'vol/prod', '--to', 'vol@v2', '--wait', 'witnessed')).toMatchObject({
      label: 'promote',
    });
  }, 60_000);

  it.each([
    [['canary', 'vol/prod', '--to', 'v1=90%', '--to', 'v2=20%'], 'add up to 110 %'],
    [['promote', 'vol/prod', '--to', 'v9'], 'there is no version "v9"'],
    [['promote', 'fraud/prod', '--to', 'v1'], 'there is no model "fraud"'],
    [
      ['promote', 'vol/prod', '--to', 'v1', '--key', 'agent'],
      'every view would ignore this channel.decide: not-owner',
    ],
    [['flag', 'v2', '--from', 'noon'], 'is no moment'],
    [['act', '--type', 'payment', '--uses', 'abcd', '--reversibility', 'compensable'], 'is no record id'],
  ])('refuses %j with a typed error, and logs nothing of it', async (args, message) => {
    const before = ((await data('log', 'checkpoint')) as { size: number }).size;
    const { code, err } = await assay(...args);
    expect(code).toBe(2);
    expect(err).toContain(message);
    const kinds = JSON.stringify(await data('log', 'ls', '--from', String(before)));
    expect(kinds).not.toMatch(/channel.decide|incident.open|"act"/);
  });

  it('asks the model, and gives an answer only with a receipt that holds', async () => {
    const answer = await inferWhenReady();
    expect(answer).toMatchObject({ version: bad, logged: { witnessed: true } });
    output = text(answer.receipt);
    const acted = await data(
      'act',
      '--type',
      'payment',
      '--uses',
      output.slice(0, 12),
      '--reversibility',
      'compensable',
      '--amount',
      '125000:simulated-usd-cent',
      '--wait',
      'witnessed',
    );
    payment = text(acted.id);
  }, 90_000);

  it('rolls back to a version that is named, and flags the bad one', async () => {
    expect((await assay('rollback', 'vol/prod')).err).toContain('--to');
    expect(await data('rollback', 'vol/prod', '--to', 'v1')).toMatchObject({ label: 'rollback' });
    incident = text(
      (await data('flag', 'v2', '--from', 'log:0', '--because', 'columns swapped', '--wait', 'witnessed')).id,
    );
    expect(readFileSync(file('private/notes.jsonl'), 'utf8')).toContain('columns swapped');
  }, 60_000);

  /** A witnessed statement counts once the checkpoint that covers it is itself in the log. */
  async function untilKnown(): Promise<void> {
    for (let i = 0; i < 60; i++) {
      if ((await assay('reach', incident)).code === 1) return;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    throw new Error(`the incident is not known: ${(await assay('reach', incident)).err}`);
  }

  it('finds what the rollback did not undo: by output, by consequence, as text, table and picture', async () => {
    await untilKnown();
    const reached = await assay('reach', incident.slice(0, 10), '--svg', file('line.svg'));
    expect(reached.out).toMatch(/^v2 was rolled back at .* 1 consequence outlived it\./);
    expect(readFileSync(file('line.svg'), 'utf8')).toContain('</svg>');
    expect((await assay('reach', incident, '--csv')).out.split('\r\n')).toHaveLength(4);
    expect(await data('reach', incident)).toMatchObject({ affected: 2, possible: 0 });
    const who = await assay('who', output);
    expect(who.code).toBe(1);
    expect(who.out).toMatch(/^v2 sha256:[\s\S]*announced v2 {2}MATCH[\s\S]*affected by incident/);
    const why = await assay('why', payment, '--incident', incident);
    expect(why.code).toBe(1);
    expect(why.out).toMatch(/output [0-9a-f]{12} .* v2 on node-a\n.*-> payment/);
  }, 90_000);

  it('cannot be closed while anything is open, and says everything that stands in the way', async () => {
    const { code, out } = await assay('close', incident);
    expect(code).toBe(1);
    expect(out).toContain(`- 1 payment open: ${payment.slice(0, 12)}`);
    expect(out).toContain(`npx assay settle ${incident.slice(0, 12)} --kind payment --state STATE`);
  });

  it('re-executes recorded inputs on the good version, and logs what it found', async () => {
    const found = await data('rerun', incident, '--on', 'v1', '--wait', 'witnessed');
    expect(found).toMatchObject({ outputs: 1, undetermined: 0, diverged: 0 });
    expect(await data('log', 'ls', '--kind', 'evidence')).toHaveLength(1);
  }, 60_000);

  it('settles by the key that owns the record, and by no other', async () => {
    expect((await assay('settle', incident, payment, '--state', 'accepted', '--key', 'owner')).err).toContain(
      'CliError[not-allowed]',
    );
    const settled = await data(
      'settle',
      incident,
      payment,
      '--state',
      'compensated',
      '--amount',
      '125000',
      '--wait',
      'witnessed',
    );
    expect(settled).toMatchObject({ settled: [{ target: payment, was: 'open' }] });
  }, 60_000);

  it('PROTOCOL 6.1: closes as of a size on two recomputed roots, and a late record reopens it', async () => {
    await data('settle', incident, output, '--state', 'accepted', '--wait', 'witnessed');
    expect((await assay('reach', incident)).out).toContain('recomputed by 0 of 2');
    const closed = await closedWhenDrained();
    expect(closed).toMatchObject({ incident, operators: [expect.any(String), expect.any(String)] });
    const certificate = await data('log', 'entry', text(closed.index));
    expect(JSON.stringify(certificate)).toContain(text(closed.root));
    await untilReached(/^closed as of log size \d+$/m);
    const then = (await assay('reach', incident, '--known-at', text(closed.size))).out;
    expect(then).toContain(`scope root ${text(closed.root)}`);
    expect(then).toContain('recomputed by 2 of 2');
    const late = ['--type', 'decision', '--reversibility', 'retractable', '--wait', 'witnessed'];
    for (const uses of [payment, output]) await data('act', '--uses', uses, ...late);
    await untilReached(
      /^was closed as of log size \d+, and reopened by what came later: (one reason|2 reasons)$/m,
    );
    expect(await data('close', incident)).toMatchObject({ closed: false });
  }, 120_000);

  /** Closes once the node has drained the bad version. */
  async function closedWhenDrained(): Promise<Record<string, unknown>> {
    for (let i = 0; i < 80; i++) {
      const tried = await data('close', incident, '--wait', 'witnessed');
      if (tried.closed === true) return tried;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    throw new Error((await assay('close', incident)).out);
  }

  async function untilReached(words: RegExp): Promise<void> {
    for (let i = 0; i < 40; i++) {
      if (words.test((await assay('reach', incident)).out)) return;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    expect((await assay('reach', incident)).out).toMatch(words);
  }

  it('PROTOCOL 8.2: what its client had erased, no re-run can judge', async () => {
    const mine = text((await inferWhenReady('--pin', 'v2')).receipt);
    expect((await assay('erase', mine, '--key', 'owner')).err).toContain('not-client');
    expect((await assay('erase', mine, '--fields', 'all')).err).toContain('"all" is no field');
    const erased = await data('erase', mine, '--fields', 'input,output', '--wait', 'witnessed');
    expect(erased).toMatchObject({ fields: ['input', 'output'], erased: [{ record: mine }] });
    let rerun = await assay('rerun', incident, '--on', 'v1', '--json');
    for (let i = 0; i < 40 && rerun.code === 0; i++) {
      await new Promise((resolve) => setTimeout(resolve, 500));
      rerun = await assay('rerun', incident, '--on', 'v1', '--json');
    }
    expect(rerun.code).toBe(2);
    const rows = [{ output: mine, result: 'undetermined', why: 'its client had it erased' }];
    expect(rerun.json()).toMatchObject({ outputs: 1, undetermined: 1, rows });
  }, 60_000);

  it('bundles the scope so that a stranger verifies it offline, and finds any change', async () => {
    await data('bundle', incident, '--out', file('scope.csv'), '--attest');
    const bundle = file('scope.csv.bundle.json');
    const verify = (): Promise<Ran> => runCli(['verify', bundle, '--policy', file('policy')]);
    expect(await verify()).toMatchObject({ code: 0 });
    const table = readFileSync(file('scope.csv'), 'utf8');
    writeFileSync(file('scope.csv'), table.replace(payment, output));
    expect(await verify()).toMatchObject({ code: 1 });
    writeFileSync(file('scope.csv'), table);
    const content = JSON.parse(readFileSync(bundle, 'utf8')) as Record<string, unknown>;
    writeFileSync(bundle, JSON.stringify({ ...content, scopeRoot: 'ab'.repeat(32) }));
    expect(await verify()).toMatchObject({ code: 1 });
    writeFileSync(bundle, JSON.stringify({ ...content, attestations: [] }));
    expect(await verify()).toMatchObject({ code: 2 });
    for (const format of ['prov', 'openlineage'])
      expect(await assay('bundle', incident, '--format', format, '--out', file(format))).toMatchObject({
        code: 0,
      });
  }, 90_000);
});

describe('the log, as anybody may check it', () => {
  it('verifies entries with their proofs offline, and refuses altered ones', async () => {
    await data('log', 'entry', '1', '--out', file('1.json'));
    await data('log', 'proof', '1', '--out', file('1.tlog-proof'));
    const verify = (...more: string[]): Promise<Ran> =>
      runCli(['verify', file('1.json'), file('1.tlog-proof'), '--policy', file('policy'), ...more]);
    const ok = await verify('--json');
    expect(ok).toMatchObject({ code: 0 });
    expect(ok.json()).toMatchObject({ verified: true, results: [{ index: 1 }] });
    const entry = readFileSync(file('1.json'), 'utf8');
    writeFileSync(file('1.json'), `${entry} `);
    const altered = await verify();
    expect(altered.code).toBe(1);
    expect(altered.out).toContain('ReceiptError[inclusion]');
    writeFileSync(file('1.json'), entry);
    const proof = readFileSync(file('1.tlog-proof'), 'utf8');
    const cosignatures = proof
      .split('\n')
      .filter((line) => line.startsWith('— ') && line.includes('witness'));
    writeFileSync(file('1.tlog-proof'), proof.replace(`${cosignatures[0] ?? ''}\n`, ''));
    const few = await verify();
    expect(few.code).toBe(cosignatures.length > 3 ? 0 : 1);
  }, 30_000);

  it('says that it cannot tell when a proof, a policy or a file is missing', async () => {
    expect(await runCli(['verify', file('1.json'), '--policy', file('policy')])).toMatchObject({ code: 2 });
    expect(await runCli(['verify', file('1.json'), '--dir', '/nonexistent'])).toMatchObject({ code: 2 });
    expect(await runCli(['verify', file('network.json'), '--policy', file('policy')])).toMatchObject({
      code: 2,
    });
  });

  it('audits clean over HTTP with the witnesses compared, and clean on disk', async () => {
    const audit = await assay('audit');
    expect(audit.out).toContain('clean: everything verified');
    expect(audit.out).toContain('compared with what 4 witnesses hold');
    expect(audit.code).toBe(0);
    expect(await runCli(['log', 'fsck', file('state/log')])).toMatchObject({ code: 0 });
  }, 60_000);

  it('times a mock recall whose file gives the scope root of the log', async () => {
    expect(await data('drill', '--on', 'v2')).toMatchObject({
      agrees: true,
      label: 'v2',
      signedBy: expect.stringMatching(/^ed25519:/),
    });
  }, 30_000);
});
