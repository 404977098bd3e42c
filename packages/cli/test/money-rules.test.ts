/** PROTOCOL 4.6, 5.4: a network that `assay up` makes has the newest money rules in force: without delivery, no charge. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  type LogRecord,
  openStatement,
  type Predicate,
  randomBytes,
  signStatement,
  type SignedStatement,
} from '@assay/core';
import { type Identity, loadIdentity } from '@assay/core/node';
import { assayDomain, paymentSigner, receiptPaymentDigest } from '@assay/core/money';
import { LogClient } from '@assay/services';
import { MONEY_RULES } from '@assay/views';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nodeName } from '../src/network/layout.ts';
import { bringUp, type RunningNetwork } from '../src/network/up.ts';
import { freePorts } from './e2e/support/ports.ts';
import { type Ran, runCli } from './support/run-cli.ts';

const models = fileURLToPath(new URL('../../../examples/sp500/models', import.meta.url));
const dir = mkdtempSync(join(tmpdir(), 'assay-rules-'));
let network: RunningNetwork | undefined;
let port = 0;

const assay = (...args: string[]): Promise<Ran> => runCli([...args, '--dir', dir, '--json']);
const done = async (...args: string[]): Promise<Record<string, unknown>> => {
  const ran = await assay(...args);
  if (ran.code === 2) throw new Error(`${args.join(' ')}: ${ran.out}${ran.err}`);
  return ran.json() as Record<string, unknown>;
};

async function start(): Promise<void> {
  await network?.supervisor.stop();
  const plan = { dir, port, nodes: [nodeName('a')], money: true };
  network = await bringUp(plan, { entropy: { bytes: randomBytes }, tell: () => undefined });
}

const keyOf = (name: string): Identity => loadIdentity(join(dir, 'keys', `${name}.json`));
const logOf = (): LogClient => new LogClient(network!.layout.logUrl);

/** Everything under the newest published checkpoint. */
async function records(): Promise<LogRecord[]> {
  const log = logOf();
  const note = Buffer.from(await log.newestCheckpoint()).toString();
  const found: LogRecord[] = [];
  for await (const entries of log.entries(0, Number(note.split('\n')[1])))
    for (const entry of entries) found.push({ ...openStatement(entry), index: found.length });
  return found;
}

async function until<T>(look: () => Promise<T | undefined | false>): Promise<T> {
  for (let i = 0; i < 300; i++) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error('it did not come to that within a minute');
}

type Of<K extends SignedStatement['kind']> = LogRecord & { kind: K };
const first = async <K extends SignedStatement['kind']>(kind: K, test: (of: Of<K>) => boolean) =>
  (await records()).find((record): record is Of<K> => record.kind === kind && test(record as Of<K>));

/** Another output of the node that made `like`, properly signed, of which no gateway says that anybody got it. */
async function undelivered({ predicate }: Of<'output.receipt'>, payer: string): Promise<string> {
  const node = keyOf('node-a');
  const { paymentSignature: _, order: __, previous: ___, ...rest } = predicate;
  const receipt: Predicate<'output.receipt'> = {
    ...rest,
    request: { ...rest.request, id: 'never-delivered', client: payer },
    stream: '77'.repeat(16),
    sequence: '0',
  };
  const book = await first('price.publish', () => true);
  const domain = assayDomain(31_337, book!.predicate.vault as `0x${string}`);
  const digest = receiptPaymentDigest(domain, node.keyId, receipt);
  const signature = paymentSigner(node.paymentSecret).sign(digest).slice(2);
  const entry = signStatement('output.receipt', { ...receipt, paymentSignature: signature }, node.signer);
  await logOf().append(entry, 'witnessed');
  const { id } = openStatement(entry);
  const index = (await first('output.receipt', (each) => each.id === id))!.index;
  await until(() => first('checkpoint.cosigned', ({ predicate: { size } }) => Number(size) > index));
  return id;
}

beforeAll(async () => {
  port = await freePorts();
  await start();
}, 180_000);
afterAll(async () => {
  await network?.supervisor.stop();
  rmSync(dir, { recursive: true, force: true });
}, 60_000);

describe('a network that takes money', { timeout: 240_000 }, () => {
  it('has the newest rules in force from its start, by the log’s own key, and once after another start', async () => {
    const activated = async (): Promise<Of<'rules.activate'>[]> =>
      (await records()).filter((record): record is Of<'rules.activate'> => record.kind === 'rules.activate');
    const [one] = await until(async () => ((await activated()).length > 0 ? activated() : undefined));
    expect(one).toMatchObject({ signer: keyOf('log').keyId, predicate: { rules: MONEY_RULES } });
    await start();
    await until(() => first('serve.stream', ({ index }) => index > one!.index));
    expect(await activated()).toEqual([one]);
  });

  it('a charge counts behind its delivery, and one without is found', async () => {
    const from = (name: string): string => join(models, 'v1', name);
    const content = ['--manifest', from('manifest.json'), '--blob', from('model.onnx')];
    await done('publish', 'vol', ...content, '--label', 'v1');
    await done('promote', 'vol/prod', '--to', 'v1', '--wait', 'witnessed');
    await done('price', 'set', 'vol', '--per-request', '0.001');
    await done('wallet', 'fund', '5');
    await until(async () => {
      const ran = await assay('infer', 'vol', '--input', '[[1,2,3,0.5]]');
      return ran.code === 0 && (ran.json() as { payment?: { charged?: string } }).payment?.charged === '1000';
    });
    const charge = await until(() => first('charge', () => true));
    const like = await first('output.receipt', ({ id }) => id === charge.predicate.receipt);
    expect(await done('audit', '--money')).toMatchObject({ findings: [], verdict: 'clean' });
    const { order: _, ...unordered } = charge.predicate;
    const receipt = await undelivered(like!, charge.predicate.payer);
    const entry = signStatement('charge', { ...unordered, receipt }, keyOf('gateway').signer);
    await logOf().append(entry, 'witnessed');
    const at = (await first('charge', ({ predicate }) => predicate.receipt === receipt))!.index;
    expect(await done('audit', '--money')).toMatchObject({
      verdict: 'finding',
      findings: [{ code: 'charge-undelivered', where: `entry ${at}` }],
    });
  });
});
