/** A real log that is mirrored, wiped and rebuilt, and watched all the while. */
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ed25519Signer, fromBase64, randomBytes, systemClock } from '@assay/core';
import { ed25519NoteSigner, signCheckpoint } from '@assay/log';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Monitor, type MonitorOptions } from '../../services/src/index.ts';
import { type Actor, TestNetwork, until } from '../../services/test/support/network.ts';
import { type Ran, runCli } from './support/run-cli.ts';

let network: TestNetwork;
let agent: Actor;
const path = (name: string): string => join(network.directory, name);
const run = (...args: string[]): Promise<Ran> =>
  runCli([...args, '--log', network.log.url, '--policy', network.policyFile]);

beforeAll(async () => {
  network = await TestNetwork.start();
  agent = await network.join('agent', ['agent']);
}, 120_000);
afterAll(() => network?.stop());

const say = (): Promise<string> =>
  agent.say('act', {
    type: 'decision',
    reversibility: 'retractable',
    uses: [],
    content: `hmac-sha256:${Buffer.from(randomBytes(32)).toString('hex')}`,
  });

const monitor = (change: Partial<MonitorOptions> = {}): Monitor =>
  new Monitor({
    log: network.log,
    policy: network.policy,
    clock: systemClock,
    maxAgeMs: 600_000,
    watch: [],
    since: 0,
    others: [],
    ...change,
  });
const codes = async (of: Monitor): Promise<string[]> => (await of.round()).map(({ code }) => code);

describe('log monitor', () => {
  it('says nothing of a log that is well, and remembers how far it looked', async () => {
    const first = await run('log', 'monitor', '--state', path('monitor.json'), '--watch', 'agent');
    expect([first.code, first.out]).toEqual([
      1,
      expect.stringContaining('[unexpected-statement]: agent signed participant.join'),
    ]);
    await say();
    const next = await run('log', 'monitor', '--state', path('monitor.json'), '--watch', 'agent=act');
    expect([next.code, next.out]).toEqual([0, expect.stringContaining('nothing raised')]);
    const bad = await run('log', 'monitor', '--watch', 'agent=nap');
    expect([bad.code, bad.err]).toEqual([2, expect.stringContaining('"nap" is no kind of statement')]);
  });

  it('raises what a watched key says, by key or by name, and each statement once', async () => {
    const watching = monitor({
      watch: [{ who: agent.identity.keyId, expected: new Set(['participant.join']) }],
      since: network.follower.registry.size,
    });
    expect(await codes(watching)).toEqual([]);
    const id = await say();
    const raised = await watching.round();
    expect(raised).toMatchObject([{ code: 'unexpected-statement', what: `agent signed act ${id}` }]);
    expect(await codes(watching)).toEqual([]);
  });

  it('raises a tree that the log signed and does not serve, from wherever it comes and however old it is', async () => {
    const seed = fromBase64(readFileSync(path('log.seed'), 'utf8').trim());
    const { origin } = network.follower;
    const signed = (size: number): Uint8Array =>
      signCheckpoint(
        { origin, size, root: new Uint8Array(32).fill(7) },
        [ed25519NoteSigner(origin, ed25519Signer(seed))],
        1,
      );
    const shown: Uint8Array[] = [signed(2)];
    const watching = monitor({ others: [{ from: 'a mirror', note: () => Promise.resolve(shown[0]) }] });
    expect(await codes(watching)).toEqual(['split-view']);
    expect(await codes(watching)).toEqual([]);
    // One that lies ahead waits until the log has come that far.
    const ahead = network.follower.registry.size + 2;
    shown[0] = signed(ahead);
    expect(await codes(watching)).toEqual([]);
    await say();
    await say();
    await until(async () => (await codes(watching)).includes('split-view'));
    // Of another log, or of nobody: it proves nothing.
    shown[0] = new Uint8Array(readFileSync(network.policyFile));
    expect(await codes(watching)).toEqual([]);
  });

  it('raises two statements under one declared key', async () => {
    const node = await network.join('node-x', ['node']);
    const stream = 'ab'.repeat(16);
    const before = network.follower.registry.size;
    const watching = monitor({ since: before });
    await node.say('serve.stream', { stream });
    await node.say('serve.stream', { stream, previousStream: 'cd'.repeat(16) });
    const raised = await watching.round();
    expect(raised.map(({ code }) => code)).toEqual(['equivocation']);
    expect(raised[0]?.what).toContain(node.identity.keyId);
  });

  it('raises a head that no witness has renewed, and a log that is gone, once each', async () => {
    const late = monitor({
      clock: { now: () => Date.now() + 3_600_000 },
      since: network.follower.registry.size,
    });
    expect(await codes(late)).toEqual(['stale-head']);
    expect(await codes(late)).toEqual([]);
    const watching = monitor({ since: network.follower.registry.size });
    expect(await codes(watching)).toEqual([]);
    await network.stopLog();
    expect(await codes(watching)).toEqual(['unreachable']);
    expect(await codes(watching)).toEqual([]);
    await network.startLog();
    expect(await codes(watching)).toEqual([]);
    expect(
      (await runCli(['log', 'monitor', '--log', 'http://127.0.0.1:1', '--policy', network.policyFile])).code,
    ).toBe(2);
  });
});

describe('log mirror and log rebuild', () => {
  it('a wiped log comes back from its mirror, goes on, and nobody who followed it sees a break', async () => {
    const id = await say();
    await network.follower.waitFor(id, 'witnessed', 30_000);
    await until(async () => (await network.log.newestCheckpoint()).length > 0);
    const mirrored = await run('log', 'mirror', '--to', path('mirror'), '--json');
    expect(mirrored.code).toBe(0);
    const { size } = mirrored.json() as { size: number };
    await network.stopLog();
    rmSync(path('log'), { recursive: true });
    const offline = ['--policy', network.policyFile];
    const rebuilt = await runCli([
      'log',
      'rebuild',
      path('log'),
      '--from',
      path('mirror'),
      ...offline,
      '--json',
    ]);
    expect(rebuilt.json()).toMatchObject({ size, origin: network.follower.origin });
    await network.startLog();
    const after = await say();
    const { index } = await network.follower.waitFor(after, 'witnessed', 30_000);
    expect(index).toBeGreaterThanOrEqual(size);
    const again = await run('log', 'mirror', '--to', path('mirror'), '--json');
    expect(again.json()).toMatchObject({ folder: path('mirror') });
    expect((await runCli(['log', 'fsck', path('log')])).code).toBe(0);
    const twice = await runCli(['log', 'rebuild', path('log'), '--from', path('mirror'), ...offline]);
    expect([twice.code, twice.err]).toEqual([2, expect.stringContaining('there is a log here already')]);
    const audit = (await run('audit', '--json')).json() as { findings: { code: string }[] };
    expect(audit.findings.map(({ code }) => code)).toEqual(['equivocation']);
  }, 120_000);
});
