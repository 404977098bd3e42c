/** PROTOCOL 3.4 on two real logs, each with its own operator, witness and policy: an agent's acts are not where the model is. */
import { join } from 'node:path';
import { randomBytes } from '@assay/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inferScale } from '../../services/test/support/infer-client.ts';
import { TestNetwork, until } from '../../services/test/support/network.ts';
import { type Ran, runCli } from './support/run-cli.ts';

let models: TestNetwork;
let agents: TestNetwork;
let output = '';
let incident = '';
let payment = '';
let before = 0;

const place = ({ log, policyFile }: TestNetwork): string[] => ['--log', log.url, '--policy', policyFile];
const other = ({ log, policyFile }: TestNetwork): string[] => ['--with', `${log.url},${policyFile}`];
const ask = (...args: string[]): Promise<Ran> => runCli([...args, ...place(models)]);

beforeAll(async () => {
  // One after the other: the work of joining would keep the other's witness from answering in time.
  models = await TestNetwork.start();
  agents = await TestNetwork.start('agents.example/acts');
  const v1 = await models.publish('v1', 2);
  await models.decide({ [v1.digest]: 10_000 });
  const [, gateway] = await Promise.all([models.node('node-a'), models.gateway('gateway')]);
  await until(async () => (await fetch(`${gateway.url}/v2/models/scale/ready`)).ok);
  output = (await inferScale(gateway.url, { x: 4 })).receipt;
  const nonce = Buffer.from(randomBytes(16)).toString('hex');
  incident = await models.owner.say('incident.open', { nonce, from: 1, versions: [v1.digest] });
  await models.follower.waitFor(incident, 'witnessed', 30_000);
  const agent = await agents.join('agent', ['agent']);
  await until(() => agents.follower.registry.participants.get(agent.identity.keyId) !== undefined);
  await until(() => (agents.follower.registry.time.newest?.size ?? 0) > 1);
  before = agents.follower.registry.time.newest?.size ?? 0;
  const deed = ['--type', 'payment', '--reversibility', 'compensable', '--amount', '5:test-unit'];
  const key = join(agents.directory, 'agent.json');
  const dir = ['--dir', agents.directory, '--key', key, '--wait', 'witnessed', '--json'];
  const acted = await runCli(['act', ...deed, '--uses', output, ...dir, ...place(agents)]);
  expect(acted.err).toBe('');
  payment = (acted.json() as { id: string }).id;
  await until(
    () => (agents.follower.registry.time.recordedAt(agents.follower.indexOf(payment) ?? 1e9) ?? 0) > 0,
    30_000,
  );
}, 180_000);
afterAll(() => Promise.all([models?.stop(), agents?.stop()]));

describe('PROTOCOL 3.4: questions over two logs', () => {
  it('reach finds in the other log what was built on an output, and says what it knew of each', async () => {
    expect((await ask('reach', incident, '--json')).json()).toMatchObject({ affected: 1 });
    const { code, json } = await ask('reach', incident, '--json', ...other(agents));
    const { affected, rows, knownAt } = json() as {
      affected: number;
      rows: { record: string }[];
      knownAt: object;
    };
    expect([code, affected]).toEqual([1, 2]);
    expect(rows.map(({ record }) => record).toSorted()).toEqual([output, payment].toSorted());
    expect(Object.keys(knownAt)).toEqual([models.follower.origin, 'agents.example/acts']);
    const { out } = await ask('reach', incident, ...other(agents));
    expect(out).toMatch(/□ payment/);
    expect(out).toMatch(/as of log size \d+ of \S+ and \d+ of\s+agents\.example\/acts/);
    expect(Math.max(...out.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  it('why leads from one into the other, and who is the same as before', async () => {
    const { out } = await ask('why', payment, '--incident', incident, ...other(agents));
    expect(out).toMatch(/output [^]*v1 on node-a[^]*-> payment/);
    const alone = (await ask('who', output)).out;
    const both = (await ask('who', output, ...other(agents))).out;
    expect(both.split('\n').slice(0, 3)).toEqual(alone.split('\n').slice(0, 3));
    expect(both).toMatch(/at index \d+ of \S+, as of log size/);
  });

  it('answers as it was known at a size of each log', async () => {
    const then = await ask(
      'reach',
      incident,
      '--json',
      '--with',
      `${agents.log.url},${agents.policyFile}@${before}`,
    );
    expect(then.json()).toMatchObject({ affected: 1, knownAt: { 'agents.example/acts': before } });
    const never = await ask('reach', incident, '--with', `${agents.log.url},${agents.policyFile}@999999`);
    expect([never.code, never.err]).toEqual([2, expect.stringContaining('KnownAtError[not-witnessed]')]);
  });

  it('refuses a log that is named twice, one without a policy, and one that the policy is not of', async () => {
    for (const [named, code] of [
      [other(models)[1], 'CliError[usage]'],
      ['/nowhere', 'CliError[no-network]'],
      [`${agents.log.url},/nowhere`, 'CliError[unreadable-file]'],
      [`${agents.log.url},${models.policyFile}`, 'Error['],
    ] as const) {
      const { code: exit, err } = await ask('reach', incident, '--with', named ?? '');
      expect([named, exit, err]).toEqual([named, 2, expect.stringContaining(code)]);
    }
  });
});
