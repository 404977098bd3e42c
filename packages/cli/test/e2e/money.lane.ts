/** Money from outside: after a story whose answers were paid, an auditor with the log and the chain alone; then, two lies. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStatement, signStatement, type SignedStatement } from '@assay/core';
import { loadIdentity } from '@assay/core/node';
import { LogClient } from '@assay/services';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assayJson } from './support/assay.ts';
import { freePorts } from './support/ports.ts';
import { ToldStory } from './support/told-story.ts';

const dir = mkdtempSync(join(tmpdir(), 'assay-money-'));
let story: ToldStory | undefined;

interface MoneyAudit {
  readonly verdict: string;
  readonly findings: readonly { readonly code: string }[];
  readonly money: { readonly charges: number; readonly batches: number; readonly chains: readonly string[] };
}

const audit = async (...more: string[]): Promise<MoneyAudit & { readonly exit: number }> => {
  const { code, data } = await assayJson('audit', '--money', ...more, '--dir', dir);
  if (typeof data === 'object' && data !== null && 'error' in data) throw new Error(JSON.stringify(data));
  return { ...(data as MoneyAudit), exit: code };
};

const key = (name: string) => loadIdentity(join(dir, 'keys', `${name}.json`));

function logOf(): LogClient {
  const network = JSON.parse(readFileSync(join(dir, 'network.json'), 'utf8')) as { log: { url: string } };
  return new LogClient(network.log.url);
}

/** An idle log stays idle (PROTOCOL 3.1): what witnesses saw last is under a checkpoint only once more is logged. */
async function stir(record: string): Promise<void> {
  await logOf().append(signStatement('endorse', { record }, key('node-a').signer), 'witnessed');
}

/** The same statement kinds, signed with the network's own keys: a gateway and a node that lie. */
async function plant(): Promise<void> {
  const log = logOf();
  const [gateway, node] = [key('gateway'), key('node-a')];
  const { charge, receipt } = await honest(log, node.keyId);
  const { order: _, ...unordered } = charge.predicate;
  await log.append(signStatement('charge', { ...unordered, receipt: 'd'.repeat(64) }, gateway.signer));
  const request = { ...receipt.predicate.request, id: 'never-charged' };
  const output = { ...receipt.predicate, request, stream: '77'.repeat(16), sequence: '0' };
  const entry = signStatement('output.receipt', output, node.signer);
  await log.append(entry);
  const said = { receipt: openStatement(entry).id, bytesSent: '4' };
  await log.append(signStatement('request.deliver', said, gateway.signer), 'witnessed');
}

type Of<K extends SignedStatement['kind']> = Extract<SignedStatement, { readonly kind: K }>;

/** A charge and a paid receipt of `node`, as they stand in the log. */
async function honest(
  log: LogClient,
  node: string,
): Promise<{ charge: Of<'charge'>; receipt: Of<'output.receipt'> }> {
  const size = Number(
    Buffer.from(await log.newestCheckpoint())
      .toString()
      .split('\n')[1],
  );
  let charge: Of<'charge'> | undefined;
  let receipt: Of<'output.receipt'> | undefined;
  for await (const bundle of log.entries(0, size)) {
    for (const statement of bundle.map(openStatement)) {
      if (statement.kind === 'charge') charge = statement;
      const isPaid = statement.kind === 'output.receipt' && statement.predicate.amount !== undefined;
      if (isPaid && statement.signer === node) receipt = statement;
    }
  }
  if (charge === undefined || receipt === undefined) throw new Error('the story paid for nothing');
  return { charge, receipt };
}

describe('audit --money on a network that lived', () => {
  beforeAll(async () => {
    story = new ToldStory({ dir, port: await freePorts(), fault: 'none', stays: true });
    await story.toldAll();
  }, 900_000);
  afterAll(async () => {
    await story?.killAll();
    rmSync(dir, { recursive: true, force: true });
  });

  it('no charge without output, no output without charge, every batch as the log makes it and on the chain', async () => {
    const { verdict, exit, findings, money } = await audit();
    expect(findings).toEqual([]);
    expect([verdict, exit]).toEqual(['clean', 0]);
    expect(money.charges).toBeGreaterThan(5);
    expect(money.batches).toBeGreaterThan(0);
    expect(money.chains).toEqual(['eip155:31337']);
  });

  it('pay list says of every payment which version answered, and what was given back of it', async () => {
    type Listed = {
      payments: { status: string; givenBackBy?: string; givenBack?: string; charged: string }[];
    };
    const of = async (version: string): Promise<Listed['payments']> =>
      ((await assayJson('pay', 'list', '--version', version, '--dir', dir)).data as Listed).payments;
    const [v1, v2] = [await of('v1'), await of('v2')];
    expect(v2.length).toBeGreaterThan(0);
    expect(new Set(v2.map(({ givenBackBy }) => givenBackBy)).size).toBe(1);
    expect(v2[0]?.givenBackBy).toMatch(/^[0-9a-f]{64}$/);
    expect(v2.map(({ status, givenBack, charged }) => [status, givenBack === charged])).toEqual(
      v2.map(() => ['refunded', true]),
    );
    expect(v1.map(({ status, givenBackBy }) => [status, givenBackBy])).toEqual(
      v1.map(() => ['captured', undefined]),
    );
  });

  it('a charge without output and an output without charge are planted, and both are found', async () => {
    await plant();
    let found = await audit('--grace', '1');
    for (let tries = 0; tries < 20 && found.findings.length < 2; tries++) {
      await stir(String(tries).padStart(64, '0'));
      found = await audit('--grace', '1');
    }
    const codes = found.findings.map(({ code }) => code);
    expect(codes.toSorted()).toEqual(['charge-without-output', 'output-without-charge']);
    expect(found.exit).toBe(1);
  });
});
