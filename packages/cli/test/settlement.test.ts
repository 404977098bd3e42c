/** `assay stake`, `assay pay settle`, `assay refund`: real commands on a real chain, log and settler. */
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { hex, randomBytes, signStatement, systemClock } from '@assay/core';
import { loadIdentity } from '@assay/core/node';
import { assayDomain, paymentSigner, receiptPaymentDigest, refundId } from '@assay/core/money';
import { devAddress } from '@assay/pay/node';
import { localWallet } from '@assay/sdk';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSettler } from '../../services/src/settler/start.ts';
import { MoneyLab, type Payer, TERMS, TOKEN, VAULT } from '../../services/test/settler/support/money-lab.ts';
import { type Ran, runCli } from './support/run-cli.ts';

const outside = { clock: systemClock, entropy: { bytes: randomBytes }, log: pino({ level: 'silent' }) };
const terms = { ...TERMS, settlementPeriod: 60, hold: 600, unbonding: 800 };

let lab: MoneyLab;
let service: Awaited<ReturnType<typeof startSettler>>;
let [alice, bob]: Payer[] = [];

const assay = (...args: string[]): Promise<Ran> => runCli([...args, '--dir', lab.dir]);
const data = async (...args: string[]): Promise<Record<string, string>> => {
  const ran = await assay(...args, '--json');
  if (ran.code === 2) throw new Error(`${args.join(' ')}: ${ran.out}${ran.err}`);
  return ran.json() as Record<string, string>;
};

beforeAll(async () => {
  lab = await MoneyLab.start(terms);
  service = await startSettler(lab.settlerConfig(terms), outside);
  alice = await lab.payer(201, 1_000_000n);
  bob = await lab.payer(202, 1_000_000n);
  mkdirSync(lab.path('keys'));
  for (const name of ['owner', 'agent', 'node'])
    copyFileSync(lab.path(`${name}.json`), lab.path(`keys/${name}.json`));
  const { rpc } = lab.anvil;
  const money = {
    chainId: 31_337,
    network: 'eip155:31337',
    rpc: rpc.url,
    confirmations: 1,
    terms,
    token: { address: TOKEN, symbol: 'simUSD', decimals: 6, name: 'Simulated USD', version: '1' },
    vault: VAULT,
    registry: devAddress('ParticipantRegistry'),
    anchor: devAddress('CheckpointAnchor'),
    settler: { address: lab.address('settler'), url: service.ready.listening },
    gateway: lab.identity('gateway').keyId,
    receiverAuthorizer: lab.address('settler'),
    withdrawDelay: TERMS.withdrawDelay,
  };
  const network = {
    origin: 'log.example/money',
    log: { url: lab.log.url },
    gateway: { url: 'http://127.0.0.1:1' },
    nodes: [],
    money,
  };
  writeFileSync(lab.path('network.json'), JSON.stringify(network));
  for (const name of ['owner', 'agent', 'node'])
    await rpc.call('anvil_setBalance', [lab.address(name), '0xde0b6b3a7640000']);
  await lab.until(async () => (await fetch(`${service.ready.listening}/health`)).ok, 'the settler is ready');
}, 240_000);

afterAll(async () => {
  await service?.stop();
  await lab?.stop();
}, 60_000);

describe('assay stake', () => {
  it('bonds, shows, and announces what leaves; what has not left is not paid out', async () => {
    expect(await assay('stake', 'add', '2.5', '--key', 'node')).toMatchObject({ code: 2 });
    expect(await data('stake', 'add', '2.5', '--key', 'node', '--mint')).toMatchObject({ bonded: '2500000' });
    expect(await data('stake', 'unbond', '0.5', '--key', 'node')).toMatchObject({ leaving: '500000' });
    expect(await data('stake', 'show', 'node')).toMatchObject([{ bonded: '2000000', leaving: '500000' }]);
    const early = await assay('stake', 'withdraw', '--key', 'node', '--json');
    expect([early.code, early.json()]).toMatchObject([2, { code: 'not-yet' }]);
    const shown = await assay('stake', 'show', 'node');
    expect(shown.out).toContain('node: 2 simUSD bonded, 0.5 simUSD leaves at');
  });

  it('slashes a node by two receipts for one place, once; receipts that agree are no finding', async () => {
    const [receipt = '', other = ''] = await lab.charged(alice!, alice!);
    expect(await assay('stake', 'slash', receipt, other, '--key', 'agent')).toMatchObject({
      code: 0,
    });
    const twin = lab.path('twin.json');
    writeFileSync(twin, contradicting(receipt));
    const slashed = await assay('stake', 'slash', receipt, twin, '--key', 'agent', '--json');
    expect([slashed.code, slashed.json()]).toMatchObject([1, { slashed: true, taken: '1250000' }]);
    const again = await assay('stake', 'slash', receipt, twin, '--key', 'agent', '--json');
    expect([again.code, again.json()]).toMatchObject([2, { code: 'not-allowed' }]);
    expect(again.out).toContain('AlreadySlashed');
  });
});

describe('assay stake slash --over-claim', () => {
  it('slashes a node by one receipt for more than its order allows, once; an honest one is no finding', async () => {
    const [honest = ''] = await lab.charged(alice!);
    const [usage, both, order] = await Promise.all([
      assay('stake', 'slash', honest, '--json'),
      assay('stake', 'slash', honest, honest, '--over-claim', '--json'),
      assay('stake', 'slash', honest, honest, '--order', 'none.json', '--json'),
    ]);
    for (const refused of [usage, both, order])
      expect([refused.code, refused.json()]).toMatchObject([2, { code: 'usage' }]);
    const kept = await assay('stake', 'slash', '--over-claim', honest, '--key', 'agent', '--json');
    expect([kept.code, kept.json()]).toMatchObject([0, { slashed: false, maxAmount: '100000' }]);
    const greedy = lab.path('greedy.json');
    writeFileSync(greedy, overclaiming(honest));
    const slashed = await assay('stake', 'slash', '--over-claim', greedy, '--key', 'agent', '--json');
    expect([slashed.code, slashed.json()]).toMatchObject([1, { slashed: true }]);
    expect(BigInt((slashed.json() as { taken: string }).taken)).toBeGreaterThan(0n);
    const again = await assay('stake', 'slash', '--over-claim', greedy, '--key', 'agent');
    expect([again.code, again.err + again.out]).toMatchObject([2, expect.stringContaining('AlreadySlashed')]);
  });

  it('takes the order from a file, and only the one that the receipt names', async () => {
    const [honest = ''] = await lab.charged(bob!);
    const { signature: _, by: __, ...order } = lab.books.money.chargeOf(honest)!.charge.order!;
    const [receipt, mine, other, none] = ['r.json', 'mine.json', 'other.json', 'none.json'].map(
      lab.path.bind(lab),
    );
    writeFileSync(receipt!, overclaiming(honest));
    writeFileSync(mine!, JSON.stringify(order));
    writeFileSync(other!, JSON.stringify({ ...order, maxAmount: '1' }));
    writeFileSync(none!, JSON.stringify({ ...order, target: 'x' }));
    const by = (file: string) =>
      assay('stake', 'slash', '--over-claim', receipt!, '--order', file, '--key', 'agent', '--json');
    expect((await by(other!)).json()).toMatchObject({ code: 'mismatch' });
    expect((await by(none!)).json()).toMatchObject({ code: 'unreadable-file' });
    expect((await by(mine!)).json()).toMatchObject({ slashed: true });
  });
});

describe('assay pay settle', () => {
  it('settles now what was captured, and says when there is nothing', async () => {
    await lab.charged(alice!, bob!);
    await lab.witnessed();
    await lab.until(async () => (await data('pay', 'settle')).batch !== undefined, 'a batch');
    const none = await assay('pay', 'settle');
    expect([none.code, none.out]).toEqual([0, 'nothing to settle; it settles by itself every 60 s\n']);
  });
});

describe('assay refund', () => {
  it('refuses an incident that no owner stands behind; gives an upheld one back, and keeps the books', async () => {
    const nonce = (): string => hex(randomBytes(16));
    const about = { versions: [lab.version], from: 0 };
    const theirs = await lab.say('agent', 'incident.open', { ...about, nonce: nonce() });
    const ours = await lab.say('owner', 'incident.open', { ...about, nonce: nonce() });
    await lab.witnessed();
    const refused = await assay('refund', '--incident', theirs, '--json');
    expect([refused.code, refused.json()]).toMatchObject([2, { where: 'settler: not-upheld' }]);
    const before = await lab.balanceOf(alice!.address);
    const refunded = await assay('refund', '--incident', ours, '--json');
    const outcome = refunded.json() as {
      count: number;
      total: string;
      shortfall: string;
      settled: string[];
      receipts: string[];
    };
    expect([refunded.code, outcome]).toMatchObject([0, { count: 6, shortfall: '0' }]);
    expect(outcome.settled).toHaveLength(6);
    expect((await lab.balanceOf(alice!.address)) - before).toBe(4n * lab.price);
    const books = async () =>
      ((await data('reach', ours)) as unknown as { books: Record<string, number> }).books;
    await lab.until(async () => (await books())['compensated'] === 6, 'the books balance');
    // Asked again it is the same refund, and nothing is recorded twice.
    expect(await data('refund', '--incident', ours)).toEqual({ ...outcome, settled: [] });
    const endorsed = await lab.say('owner', 'endorse', { record: theirs });
    expect(endorsed).toMatch(/^[0-9a-f]{64}$/);
    await lab.witnessed();
    const twice = await assay('refund', '--incident', theirs, '--json');
    expect([twice.code, twice.json()]).toMatchObject([2, { where: 'settler: nothing-to-refund' }]);
    // A veto that the settler logged is told with the incident, from the log alone.
    const tx = `0x${'7'.repeat(64)}`;
    const name = refundId(theirs, 1);
    const of = { incident: theirs, network: 'eip155:31337', vault: VAULT };
    await lab.say('settler', 'refund.veto', { ...of, name, tx });
    await lab.witnessed();
    const [receipt = ''] = outcome.receipts;
    const why = await assay('why', receipt, '--incident', theirs);
    expect(why.out).toMatch(
      /refund 1 of the incident was stopped by the vetoer: entry \d+, transaction 0x7777777777/,
    );
    expect((await assay('why', receipt, '--incident', ours)).out).not.toContain('vetoer');
  });
});

describe('assay wallet', () => {
  it('makes a key once, under a name that a file can have', async () => {
    const made = await data('wallet', 'new', 'desk');
    expect(made).toMatchObject({ name: 'desk', address: expect.stringMatching(/^0x[0-9a-f]{40}$/) });
    expect((await assay('wallet', 'new', 'desk', '--json')).json()).toMatchObject({ code: 'exists' });
    for (const name of ['', 'Desk X!', '../desk', 'x'.repeat(65)]) {
      const refused = await assay('wallet', 'new', name, '--json');
      expect([refused.code, refused.json()], name).toMatchObject([2, { code: 'usage' }]);
    }
    expect((await assay('wallet', 'new', 'till')).out).toContain('use it with --key till');
  });

  it('deposits what it holds and no more, and says what stands in the way', async () => {
    const desk = ['--key', 'desk'];
    const refusal = async (...args: string[]) =>
      (await assay('wallet', 'deposit', ...args, ...desk, '--json')).json();
    expect(await refusal('1')).toMatchObject({
      code: 'not-allowed',
      what: 'desk holds 0 simUSD, and 1 are to be deposited',
    });
    for (const amount of ['0', 'abc', '1.0000001', '-1'])
      expect(await refusal(amount)).toMatchObject({ code: 'usage' });
    // Tokens that somebody else sent, and nothing that pays for a transaction: told at once, and nothing is left waiting.
    const { address } = (await data('wallet', 'show', ...desk)) as { address: string };
    await lab.mint(address, 1_000_000n);
    expect(await refusal('1')).toMatchObject({
      code: 'not-allowed',
      what: expect.stringContaining('pays for a transaction'),
    });
    expect(await data('wallet', 'fund', '4', ...desk)).toMatchObject({ amount: '4' });
    expect(await refusal('5.1')).toMatchObject({ code: 'not-allowed' });
    expect((await assay('wallet', 'deposit', '2', ...desk)).out).toBe('desk deposited 2 simUSD\n');
    expect(await data('wallet', 'deposit', '0.5', ...desk)).toMatchObject({
      amount: '0.5',
      tx: expect.stringMatching(/^0x/),
    });
    expect(await data('wallet', 'show', ...desk)).toMatchObject({
      balance: '2500000',
      deposited: '2500000',
      claimed: '0',
    });
  });

  it('finds deposits that an earlier build made without a salt, by the chain’s events, and begins to withdraw both', async () => {
    const heir = ['--key', 'heir'];
    const { address } = (await data('wallet', 'new', 'heir')) as { address: string };
    await data('wallet', 'fund', '5', ...heir);
    await data('wallet', 'deposit', '2', ...heir);
    // Somebody else's deposits are nobody's business here.
    await lab.payer(203, 400_000n);
    const { paymentSecret } = loadIdentity(lab.path('keys/heir.json'));
    const old = await lab.depositFrom(localWallet(paymentSecret), 1_500_000n);
    expect(old.config).toMatchObject({ payer: address, salt: `0x${'0'.repeat(64)}` });
    expect(await data('wallet', 'show', ...heir)).toMatchObject({
      balance: '1500000',
      deposited: '2000000',
      otherDeposits: [{ paymentChannel: old.paymentChannel, deposited: '1500000', claimed: '0' }],
    });
    expect((await assay('wallet', 'show', ...heir)).out).toContain('has 1.5 simUSD more in payment channel');
    const begun = await data('wallet', 'withdraw', ...heir);
    expect(begun).toMatchObject({ state: 'begun', amount: '3500000' });
    expect(begun['withdrawals']).toHaveLength(2);
    const early = await assay('wallet', 'withdraw', ...heir, '--json');
    expect([early.code, early.json()]).toMatchObject([2, { code: 'not-yet' }]);
  });

  it('withdraws in two steps, the second after the delay and not before, exact to the unit', async () => {
    const desk = ['--key', 'desk'];
    const nothing = await assay('wallet', 'withdraw', '--key', 'till', '--json');
    expect([nothing.code, nothing.json()]).toMatchObject([2, { code: 'not-allowed' }]);
    expect(await data('wallet', 'withdraw', ...desk)).toMatchObject({ state: 'begun', amount: '2500000' });
    const early = await assay('wallet', 'withdraw', ...desk, '--json');
    expect([early.code, early.json()]).toMatchObject([2, { code: 'not-yet' }]);
    expect((await assay('wallet', 'show', ...desk)).out).toContain('is withdrawing 2.5 simUSD');
    await lab.later(TERMS.withdrawDelay);
    expect((await assay('wallet', 'withdraw', ...desk)).out).toBe("2.5 simUSD is back in desk's wallet\n");
    expect(await data('wallet', 'show', ...desk)).toMatchObject({ balance: '5000000', deposited: '0' });
  });

  it('finishes both once their delay is over', async () => {
    const heir = ['--key', 'heir'];
    expect(await data('wallet', 'withdraw', ...heir)).toMatchObject({ state: 'finished', amount: '3500000' });
    expect(await data('wallet', 'show', ...heir)).toMatchObject({
      balance: '5000000',
      deposited: '0',
      otherDeposits: [],
    });
    const none = await assay('wallet', 'withdraw', ...heir, '--json');
    expect([none.code, none.json()]).toMatchObject([2, { code: 'not-allowed' }]);
  });
});

/** Another receipt of the node for the place of `receipt`, signed like it. */
function contradicting(receipt: string): Uint8Array {
  const record = lab.books.timeline.record(receipt);
  if (record?.kind !== 'output.receipt') throw new Error('no receipt');
  const { paymentSignature: _, order: __, ...said } = record.predicate;
  const node = lab.identity('node');
  const twin = { ...said, output: `hmac-sha256:${'9'.repeat(64)}` };
  const digest = receiptPaymentDigest(assayDomain(31_337, VAULT), node.keyId, twin);
  const signature = paymentSigner(node.paymentSecret).sign(digest).slice(2);
  return signStatement('output.receipt', { ...twin, paymentSignature: signature }, node.signer);
}

/** A receipt of the node for the order of `receipt`, in a place of its own, that claims more than the order allows. */
function overclaiming(receipt: string): Uint8Array {
  const record = lab.books.timeline.record(receipt);
  if (record?.kind !== 'output.receipt') throw new Error('no receipt');
  const { paymentSignature: _, ...said } = record.predicate;
  const node = lab.identity('node');
  const greedy = { ...said, sequence: String(1_000_000 + Number(said.sequence)), amount: '100001' };
  const digest = receiptPaymentDigest(assayDomain(31_337, VAULT), node.keyId, greedy);
  const signature = paymentSigner(node.paymentSecret).sign(digest).slice(2);
  return signStatement('output.receipt', { ...greedy, paymentSignature: signature }, node.signer);
}
