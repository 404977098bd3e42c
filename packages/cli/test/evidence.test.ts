/** What a payer keeps of answers that do not hold, and what it can do with it: real processes, a node that over-claims. */
import { type ChildProcess, spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { randomBytes } from '@assay/core';
import { createIdentity } from '@assay/core/node';
import { devAddress } from '@assay/pay/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Bend, GreedyConfig } from '../../sdk/test/support/greedy-gateway.ts';
import { PaidNetwork } from '../../sdk/test/support/paid-network.ts';
import { type Ran, runCli } from './support/run-cli.ts';

const GREEDY = fileURLToPath(new URL('../../sdk/test/support/greedy-gateway.ts', import.meta.url));
const NODE_STAKE = 2_000_000n;

let paid: PaidNetwork;
let greedy: ChildProcess;
let [dir, bendFile] = ['', ''];

const assay = (...args: string[]): Promise<Ran> => runCli([...args, '--dir', dir, '--key', 'agent']);
const bend = (how: Bend): void => writeFileSync(bendFile, how);
const infer = (id: string, ...more: string[]): Promise<Ran> =>
  assay('infer', 'scale', '--input', 'x=[[21]]', '--id', id, '--pin', 'v1', '--json', ...more);

beforeAll(async () => {
  paid = await PaidNetwork.start();
  const { network, money } = paid;
  dir = network.directory;
  bendFile = join(dir, 'bend');
  bend('honest');
  mkdirSync(join(dir, 'keys'));
  createIdentity(join(dir, 'keys', 'agent.json'), { bytes: randomBytes });
  copyFileSync(join(dir, 'node-a.json'), join(dir, 'keys', 'node.json'));
  const url = await startGreedy({
    target: paid.gateway.url,
    node: join(dir, 'node-a.json'),
    network: money.network,
    vault: money.vault,
    bendFile,
  });
  writeFileSync(join(dir, 'network.json'), JSON.stringify(describeNetwork(url)));
  for (const args of [
    ['wallet', 'fund', '10', '--key', 'agent'],
    ['wallet', 'fund', '10', '--key', 'node'],
    ['stake', 'add', '2', '--key', 'node'],
  ])
    expect((await runCli([...args, '--dir', dir])).code, args.join(' ')).toBe(0);
}, 240_000);
afterAll(async () => {
  greedy?.kill();
  await paid?.stop();
}, 60_000);

describe('an answer that does not hold', { timeout: 240_000 }, () => {
  it('by a node that over-claims: refused, kept, explained, and taken from its stake by one command', async () => {
    bend('over-claim');
    const refused = await infer('greedy-1');
    expect([refused.code, refused.json()]).toMatchObject([
      2,
      { code: 'over-claim', where: 'request greedy-1' },
    ]);
    const explained = await assay('pay', 'explain', 'greedy-1');
    expect([explained.code, explained.out]).toEqual([
      0,
      expect.stringMatching(/refused \(over-claim\).*charges 1000000.*stake slash --over-claim FILE/s),
    ]);
    expect((await assay('pay', 'list')).out).toContain('request greedy-1 was refused (over-claim)');
    const file = join(dir, 'evidence.json');
    expect((await assay('pay', 'evidence', 'greedy-1', '--out', file)).out).toContain(
      `assay stake slash --over-claim ${file}`,
    );
    const slashed = await assay('stake', 'slash', '--over-claim', file, '--json');
    expect([slashed.code, slashed.json()]).toMatchObject([
      1,
      { slashed: true, taken: String(NODE_STAKE / 2n) },
    ]);
    const again = await assay('stake', 'slash', '--over-claim', file);
    expect([again.code, again.err + again.out]).toMatchObject([2, expect.stringContaining('AlreadySlashed')]);
  });

  it.each([
    ['version', 'mismatch', /version .* was asked for/],
    ['forged', 'signature', /signature/],
  ] as const)('bent as %s: kept with the reason, and no proof of an over-claim', async (how, code, what) => {
    bend(how);
    const id = `bent-${how}`;
    expect((await infer(id)).json()).toMatchObject({ code });
    const explained = (await assay('pay', 'explain', id, '--json')).json() as {
      evidence: { state: string; receipt: { entry: string }; reason: { what: string } };
    };
    expect(explained.evidence).toMatchObject({ state: 'refused', reason: { code } });
    expect(explained.evidence.reason.what).toMatch(what);
    const file = join(dir, `${how}.json`);
    expect((await assay('pay', 'evidence', id, '--out', file)).code).toBe(0);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({
      format: 'assay payment evidence 1',
      ordered: { order: { requestId: id }, voucher: { signature: expect.stringMatching(/^0x/) } },
      receipt: { entry: explained.evidence.receipt.entry },
    });
    const slashed = await assay('stake', 'slash', '--over-claim', file, '--json');
    expect([slashed.code, slashed.json()]).toMatchObject(
      how === 'forged' ? [2, { code: 'signature' }] : [0, { slashed: false }],
    );
  });

  it('does not lose its evidence to answers that hold, which are paid as ever', async () => {
    bend('honest');
    expect((await infer('fine')).json()).toMatchObject({ payment: { status: 'held' } });
    const { evidence } = (await assay('pay', 'explain', 'greedy-1', '--json')).json() as {
      evidence: { state: string };
    };
    expect(evidence.state).toBe('refused');
    const held = (await assay('pay', 'evidence', 'fine', '--out', join(dir, 'fine.json'), '--json')).json();
    expect(held).toMatchObject({ evidence: { state: 'answered', receipt: { id: expect.any(String) } } });
  });
});

async function startGreedy(config: GreedyConfig): Promise<string> {
  const file = join(dir, 'greedy.config.json');
  writeFileSync(file, JSON.stringify(config));
  greedy = spawn(process.execPath, [GREEDY, file], { stdio: ['ignore', 'pipe', 'inherit'] });
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  greedy.once('exit', (code) => reject(new Error(`it ended with ${String(code)}`)));
  createInterface({ input: greedy.stdout as NodeJS.ReadableStream }).once('line', resolve);
  return (JSON.parse(await promise) as { listening: string }).listening;
}

function describeNetwork(gateway: string): object {
  const { network, money } = paid;
  return {
    origin: 'log.example/serving',
    log: { url: network.log.url },
    gateway: { url: gateway },
    nodes: [],
    money: {
      chainId: 31_337,
      network: money.network,
      rpc: money.rpc.url,
      confirmations: 1,
      token: { address: money.token, symbol: 'simUSD', decimals: 6, name: 'Simulated USD', version: '1' },
      vault: money.vault,
      registry: devAddress('ParticipantRegistry'),
      anchor: devAddress('CheckpointAnchor'),
      settler: { address: money.book.receiverAuthorizer, url: 'http://127.0.0.1:1' },
      gateway: paid.gateway.keyId,
      receiverAuthorizer: money.book.receiverAuthorizer,
      withdrawDelay: 900,
    },
  };
}
