/**
 * What paying costs, beside the official x402 packages in the same run: the targets T1 to T12. Ratios count, not absolute
 * figures. The gas of contracts (T4, T10) is measured by bench/pay/gas.
 *
 * Our log, node and gateway, the official server, and those who pay are processes of their own; both servers and both
 * clients are warm before anything is timed.
 *
 * `npm run bench:pay` [pairs of official calls for T1, 150 unless said otherwise]
 */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readPaymentPayload, PAYMENT_SIGNATURE } from '@assay/pay';
import { type Fetch, type Inference, localWallet } from '@assay/sdk';
import { privateKeyToAccount, generatePrivateKey } from 'viem/accounts';
import { officialClient } from '../../packages/sdk/test/support/official-x402.ts';
import { MONEY_WORDS, runReadme } from '../../packages/sdk/test/support/run-readme.ts';
import { TestMoney } from '../../packages/services/test/support/money.ts';
import { until } from '../../packages/services/test/support/network.ts';
import { percentile } from '../gateway/percentile.ts';
import { startOurs } from './ours.ts';
import { measureAdded, measureRates, startSpeeds, warm } from './speed.ts';
import { oneOver, printRow } from './table.ts';
import { verifyCpu } from './verify-cpu.ts';

const PAIRS = Number(process.argv[2] ?? 150);
const ask = { model: 'scale', inputs: { x: [[21]] } };

const began = performance.now();
const ours = await startOurs();
await ours.price();
const coldStart = performance.now();
const payer = await ours.client();
await payer.infer(ask);
const coldMs = performance.now() - coldStart;
const speeds = await startSpeeds(ours);
const { official } = speeds;
const officialUrl = await official.ask<string>('url');
try {
  await ours.network.unobserved(async () => {
    await warm(speeds);
    await measureAdded(speeds, PAIRS);
    await measureRates(ours, speeds);
  });

  // One paid request as it stood on the wire, to verify and to repeat.
  let caught: { url: string; init: RequestInit } | undefined;
  const hold: Fetch = (url, init) => {
    if (!new Headers(init?.headers).has(PAYMENT_SIGNATURE)) return fetch(url, init);
    const { signal: _, ...rest } = init!;
    caught = { url, init: rest };
    return Promise.reject(new TypeError('held back'));
  };
  const holder = await ours.client();
  await holder.infer(ask);
  const held = await ours.client({ fetch: hold, tries: 1 });
  await held.infer({ ...ask, id: 'bench-held' }).catch(() => undefined);
  const header = new Headers(caught!.init.headers).get(PAYMENT_SIGNATURE)!;
  const offer = readPaymentPayload(header).accepted;
  const voucher = await voucherHeader();
  const cpu = await verifyCpu(voucher, offer);
  printRow({
    target: 'T3',
    figure: `CPU of reading and verifying a voucher, middle of ${cpu.rounds} rounds in turns: ours ${cpu.ours.toFixed(0)} µs, viem's recovery alone ${cpu.viem.toFixed(0)}: ${oneOver(cpu.ratio)} (wanted 1/15)`,
    met: cpu.ratio <= 1 / 15,
  });

  const replies = await Promise.all(Array.from({ length: 10 }, () => steady(caught!.url, caught!.init)));
  const bodies = new Set(await Promise.all(replies.map((reply) => reply.text())));
  await until(() => ours.network.receiptsOf('bench-held').length > 0);
  const runs = ours.network.receiptsOf('bench-held').length;
  const exactAgain = await sameExactTenTimes();
  printRow({
    target: 'T5',
    figure: `the same authorisation ten times: ours ran ${runs}, official ${exactAgain}`,
    met: runs === 1 && bodies.size === 1,
  });

  const parallel = await Promise.allSettled(Array.from({ length: 8 }, () => payer.infer(ask)));
  const okay = parallel.filter(({ status }) => status === 'fulfilled').length;
  const batch = officialClient(ours.money, 'batch-settlement');
  await ours.money.give(batch.address, 100_000_000n);
  await batch.fetch(`${officialUrl}/batch`).then((reply) => reply.text());
  const official8 = await Promise.all(
    Array.from({ length: 8 }, () =>
      batch.fetch(`${officialUrl}/batch`).then(
        ({ status }) => status,
        () => 0,
      ),
    ),
  );
  printRow({
    target: 'T6',
    figure: `eight at once on one payment channel: ours ${okay} answered, official ${official8.filter((s) => s === 200).length}`,
    met: okay === 8,
  });

  const delivered: Inference[] = [];
  for (let i = 0; i < 20; i++) delivered.push(await payer.infer(ask));
  await ours.restart();
  const charged = (): number =>
    delivered.filter(({ receipt }) =>
      ours.network.records.some(
        (record) => record.kind === 'charge' && record.predicate.receipt === receipt.id,
      ),
    ).length;
  await until(() => charged() === 20, 120_000).catch(() => undefined);
  printRow({
    target: 'T7',
    figure: `killed after 20 delivered: ${20 - charged()} lost`,
    met: charged() === 20,
  });
  printRow({ target: 'T8', figure: 'answers are not streamed yet', met: undefined });

  const url = caught!.url.replace(/^http:\/\/[^/]+/, ours.gateway.url);
  const [first, again] = [await steady(url, caught!.init), await steady(url, caught!.init)];
  const same = (await first.text()) === (await again.text());
  const charges = ours.network.records.filter(
    (record) => record.kind === 'charge' && record.predicate.order?.requestId === 'bench-held',
  ).length;
  printRow({
    target: 'T9',
    figure: `a lost response asked again: ${same ? 'the same bytes' : 'other bytes'}, ${charges} charge`,
    met: same && charges <= 1,
  });

  const poor = await ours.client({ wallet: localWallet(new Uint8Array(randomBytes(32))) });
  const outcome = await poor.infer({ ...ask, id: 'bench-poor' }).then(
    () => 'answered',
    (e: { code: string }) => e.code,
  );
  const wasted = ours.network.receiptsOf('bench-poor').length;
  printRow({
    target: 'T11',
    figure: `an empty wallet: ${wasted} runs unpaid (${outcome})`,
    met: wasted === 0,
  });
  const secret = new Uint8Array(randomBytes(32));
  await ours.money.give(localWallet(secret).owner.address, 100_000_000n);
  const { lines } = await runReadme({
    gateway: ours.gateway.url,
    policyFile: ours.network.policyFile,
    secret,
  });
  const about = lines.filter((line) => MONEY_WORDS.test(line)).length;
  const readyMs = await chainReadyMs();
  printRow({
    target: 'T12',
    figure: `embedded chain ready with its contracts, middle of 5 new ones, ${(readyMs / 1_000).toFixed(2)} s (wanted 1); first paid answer with funding and deposit ${(coldMs / 1_000).toFixed(2)} s from a cold client (wanted 3); the README's program prints ${lines.length} line, ${about} about money (wanted 0)`,
    met: readyMs <= 1_000 && coldMs <= 3_000 && about === 0 && lines.length === 1,
  });
  console.log(
    `${((performance.now() - began) / 1_000).toFixed(0)} s in all; T4 and T10 by "node bench/pay/gas/main.ts"`,
  );
} finally {
  speeds.caller.stop();
  official.stop();
  await ours.stop();
}
process.exit(0);

/** A voucher without a deposit, as it went over the wire. */
async function voucherHeader(): Promise<string> {
  let seen = '';
  const spy: Fetch = (url, init) => {
    seen = new Headers(init?.headers).get(PAYMENT_SIGNATURE) ?? seen;
    return fetch(url, init);
  };
  const client = await ours.client({ fetch: spy });
  await client.infer(ask);
  await client.infer(ask);
  return seen;
}

/** How often the official handler runs when one exact authorisation is sent ten times at once. */
async function sameExactTenTimes(): Promise<number> {
  const account = privateKeyToAccount(generatePrivateKey());
  await ours.money.give(account.address, 100_000_000n);
  let sent: { url: string; headers: Headers } | undefined;
  const original = globalThis.fetch;
  globalThis.fetch = (async (input: string | URL | Request, init?: RequestInit) => {
    const request = new Request(input, init);
    if (!request.headers.has(PAYMENT_SIGNATURE)) return original(request);
    sent = { url: request.url, headers: new Headers(request.headers) };
    throw new TypeError('held back');
  }) as typeof fetch;
  // The client keeps the `fetch` that stands there when it is made.
  const spy = officialClient(ours.money, 'exact', account);
  globalThis.fetch = original;
  await spy.fetch(`${officialUrl}/exact`).catch(() => undefined);
  if (sent === undefined) return Number.NaN;
  const before = await official.ask<number>('ran', '/exact');
  const { url, headers } = sent;
  await Promise.all(Array.from({ length: 10 }, () => steady(url, { headers }).then((r) => r.text())));
  return (await official.ask<number>('ran', '/exact')) - before;
}

/** How long a new embedded chain takes, started as "assay up" does. */
async function chainReadyMs(): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < 5; i++) {
    const directory = mkdtempSync(join(tmpdir(), 'assay-bench-chain-'));
    const chain = await TestMoney.start({ directory }, ['gateway']);
    times.push(chain.readyMs);
    await chain.stop();
    rmSync(directory, { recursive: true });
  }
  return percentile(times, 0.5);
}

/** A connection that the other side has closed meanwhile is no answer: asked again. */
async function steady(url: string, init: RequestInit): Promise<Response> {
  for (let tries = 1; ; tries++) {
    try {
      return await fetch(url, init);
    } catch (error) {
      if (tries === 5) throw error;
    }
  }
}
