/**
 * What paying costs, beside the official x402 packages in the same run: the targets T1 to T12. Ratios count, not absolute
 * figures. The gas of contracts (T4, T10) is measured by bench/pay/gas.
 *
 * `npm run bench:pay` [calls, 60 unless said otherwise]
 */
import { readPaymentPayload, PAYMENT_SIGNATURE } from '@assay/pay';
import { cpuSeconds } from '../gateway/process-cpu.ts';
import type { Fetch, Inference } from '@assay/sdk';
import { until } from '../../packages/services/test/support/network.ts';
import { middleMs, perSecond } from './clock.ts';
import { startOfficial } from './official.ts';
import { startOurs } from './ours.ts';
import { oneOver, printRow } from './table.ts';
import { verifyCpu } from './verify-cpu.ts';

const CALLS = Number(process.argv[2] ?? 60);
const WIDTH = 16;
const ask = { model: 'scale', inputs: { x: [[21]] } };

const began = performance.now();
const ours = await startOurs();
const official = await startOfficial(ours.money);
try {
  // Unpaid first: a model is free until it has a price.
  const free = await ours.client();
  await middleMs(20, () => free.infer(ask));
  const freeMs = await middleMs(CALLS, () => free.infer(ask));
  const freeRate = await perSecond(CALLS * 2, WIDTH, () => free.infer(ask));
  const plainMs = await middleMs(CALLS, () => fetch(`${official.url}/free`).then((r) => r.text()));
  await ours.price();

  const coldStart = performance.now();
  const payer = await ours.client();
  await payer.infer(ask);
  const coldMs = performance.now() - coldStart;
  await middleMs(10, () => payer.infer(ask));
  const paidMs = await middleMs(CALLS, () => payer.infer(ask));
  const cpuBefore = cpuSeconds(ours.gateway.pid) ?? Number.NaN;
  const paidRate = await perSecond(CALLS * 2, WIDTH, () => payer.infer(ask));
  const cpuPerCall = (((cpuSeconds(ours.gateway.pid) ?? Number.NaN) - cpuBefore) / (CALLS * 2)) * 1e6;

  const batch = await official.client('batch-settlement');
  const exact = await official.client('exact');
  const get = (by: typeof fetch, path: string) => by(official.url + path).then((r) => r.text());
  await get(batch.fetch, '/batch');
  await get(exact.fetch, '/exact');
  const batchMs = await middleMs(CALLS, () => get(batch.fetch, '/batch'));
  const exactMs = await middleMs(CALLS, () => get(exact.fetch, '/exact'));
  // The official scheme serves one request at a time on a payment channel: each worker gets a wallet of its own.
  const wallets = await Promise.all(Array.from({ length: WIDTH }, () => official.client('batch-settlement')));
  for (const each of wallets) await get(each.fetch, '/batch');
  let next = 0;
  const batchRate = await perSecond(CALLS * 2, WIDTH, () => get(wallets[next++ % WIDTH]!.fetch, '/batch'));

  const over = paidMs - freeMs;
  const toBatch = over / (batchMs - plainMs);
  const toExact = over / (exactMs - plainMs);
  printRow({
    target: 'T1',
    figure: `paid less unpaid, p50: ours ${over.toFixed(2)} ms, official batch ${(batchMs - plainMs).toFixed(2)}, exact ${(exactMs - plainMs).toFixed(2)}: ${oneOver(toBatch)} and ${oneOver(toExact)} (wanted 1/10, 1/30)`,
    met: toBatch <= 1 / 10 && toExact <= 1 / 30,
  });
  printRow({
    target: 'T2',
    figure: `requests/s at ${WIDTH}: ours ${paidRate.toFixed(0)} paid, ${freeRate.toFixed(0)} unpaid, official batch ${batchRate.toFixed(0)}: ${(paidRate / batchRate).toFixed(1)} times, ${((paidRate / freeRate) * 100).toFixed(0)} % of unpaid (wanted 8 times, 50 %); gateway ${cpuPerCall.toFixed(0)} µs CPU`,
    met: paidRate / batchRate >= 8 && paidRate / freeRate >= 0.5,
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
    figure: `CPU of verifying a voucher: ours ${cpu.ours.toFixed(0)} µs, viem ${cpu.viem.toFixed(0)}: ${oneOver(cpu.ours / cpu.viem)} (wanted 1/15)`,
    met: cpu.ours / cpu.viem <= 1 / 15,
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
  const official8 = await Promise.all(
    Array.from({ length: 8 }, () =>
      batch.fetch(`${official.url}/batch`).then(
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

  const poor = await ours.client({ wallet: (await emptyWallet()) as never });
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
  printRow({
    target: 'T12',
    figure: `first paid answer with funding and deposit ${(coldMs / 1_000).toFixed(2)} s from a cold client (wanted 3)`,
    met: coldMs <= 3_000,
  });
  console.log(
    `${((performance.now() - began) / 1_000).toFixed(0)} s in all; T4 and T10 by "node bench/pay/gas/main.ts"`,
  );
} finally {
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
  const { client } = official;
  const spent = await client('exact');
  let sent: { url: string; headers: Headers } | undefined;
  const original = globalThis.fetch;
  globalThis.fetch = (async (input: string | URL | Request, init?: RequestInit) => {
    const request = new Request(input, init);
    if (!request.headers.has(PAYMENT_SIGNATURE)) return original(request);
    sent = { url: request.url, headers: new Headers(request.headers) };
    throw new TypeError('held back');
  }) as typeof fetch;
  const spy = await client('exact').catch(() => spent);
  globalThis.fetch = original;
  await spy.fetch(`${official.url}/exact`).catch(() => undefined);
  if (sent === undefined) return Number.NaN;
  const before = official.ran('/exact');
  const { url, headers } = sent;
  await Promise.all(Array.from({ length: 10 }, () => steady(url, { headers }).then((r) => r.text())));
  return official.ran('/exact') - before;
}

async function emptyWallet(): Promise<unknown> {
  const { localWallet } = await import('@assay/sdk');
  return localWallet(crypto.getRandomValues(new Uint8Array(32)));
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
