/** The transaction outbox against a real chain and real faults (issue 4, "Bad input"; DESIGN 9). */
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Anvil, rpcClient, startAnvil } from '../../src/node/chain/index.ts';
import { faultyRpc } from './support/faulty-rpc.ts';
import {
  addressOf,
  balanceOf,
  CHAIN_ID,
  fund,
  nonceOf,
  outboxOf,
  scratch,
  secretOf,
  until,
} from './support/lab.ts';

const SENDER = addressOf(secretOf(1));
const PAYEE = addressOf(secretOf(2));
const pay = (key: string, value = 1n) => ({ key, to: PAYEE, data: '0x', value, gas: 21_000n });

let anvil: Anvil;
let files: ReturnType<typeof scratch>;

beforeEach(async () => {
  anvil = await startAnvil({ chainId: CHAIN_ID });
  files = scratch();
  await fund(anvil.rpc, SENDER);
});

afterEach(async () => {
  await anvil.stop();
  files[Symbol.dispose]();
});

describe('one nonce queue', () => {
  it('sends what is submitted at once in order, each exactly once', async () => {
    const { outbox } = outboxOf(anvil.rpc, files.path('tx.db'));
    await using _ = outbox;
    const sent = await Promise.all(Array.from({ length: 20 }, (_, i) => outbox.send(pay(`pay ${i}`))));
    expect(sent.map(({ nonce }) => nonce)).toEqual(Array.from({ length: 20 }, (_, i) => i));
    expect(await balanceOf(anvil.rpc, PAYEE)).toBe(20n);
    expect(outbox.open).toEqual([]);
  });

  it('gives the same key the same transaction, and refuses it for another', async () => {
    const { outbox } = outboxOf(anvil.rpc, files.path('tx.db'));
    await using _ = outbox;
    const all = await Promise.all(Array.from({ length: 10 }, () => outbox.send(pay('once'))));
    expect(new Set(all.map(({ mined }) => mined?.hash)).size).toBe(1);
    expect(await balanceOf(anvil.rpc, PAYEE)).toBe(1n);
    await expect(outbox.submit(pay('once', 2n))).rejects.toMatchObject({ code: 'conflict' });
  });

  it('is one process’s alone, and one sender’s on one chain', async () => {
    const { outbox } = outboxOf(anvil.rpc, files.path('tx.db'));
    expect(() => outboxOf(anvil.rpc, files.path('tx.db'))).toThrow(/locked/);
    await outbox[Symbol.asyncDispose]();
    expect(() => outboxOf(anvil.rpc, files.path('tx.db'), { chainId: 31_338 })).toThrow(/conflict/);
    expect(() => outboxOf(anvil.rpc, files.path('tx.db'), { secret: secretOf(9) })).toThrow(/conflict/);
  });

  it('keeps nothing of a call that would revert, and says what the chain said', async () => {
    const { outbox } = outboxOf(anvil.rpc, files.path('tx.db'));
    await using _ = outbox;
    // PUSH0 PUSH0 REVERT
    await anvil.rpc.call('anvil_setCode', [PAYEE, '0x5f5ffd']);
    const intent = { key: 'in vain', to: PAYEE, data: '0x' };
    await expect(outbox.submit(intent)).rejects.toMatchObject({ code: 'would-revert' });
    expect(outbox.get('in vain')).toBeUndefined();
    // With a gas limit of its own it is not asked before: then it is mined, does nothing, and says so.
    await expect(outbox.send({ ...intent, gas: 50_000n })).rejects.toMatchObject({ code: 'reverted' });
    expect(outbox.get('in vain')?.mined?.reverted).toBe(true);
  });
});

describe('what the chain or the wire does', () => {
  it('a time-out after broadcast: asks again, never signs another', async () => {
    const wire = await faultyRpc(anvil.rpc.url);
    const rpc = rpcClient(wire.url, { timeoutMs: 200 });
    const { outbox, events } = outboxOf(rpc, files.path('tx.db'));
    let lost = 0;
    wire.set((method) => (method === 'eth_sendRawTransaction' && lost++ < 2 ? 'lose-answer' : 'none'));
    const record = await outbox.send(pay('told nobody'));
    expect(record.nonce).toBe(0);
    expect(events).toContainEqual(expect.objectContaining({ type: 'problem', problem: 'unknown' }));
    expect(await balanceOf(anvil.rpc, PAYEE)).toBe(1n);
    expect(await nonceOf(anvil.rpc, SENDER)).toBe(1);
    await outbox[Symbol.asyncDispose]();
    rpc.close();
    await wire.close();
  });

  it('a chain that is not there: what is kept waits, and goes when it is back', async () => {
    const wire = await faultyRpc(anvil.rpc.url);
    const rpc = rpcClient(wire.url, { timeoutMs: 200 });
    const { outbox } = outboxOf(rpc, files.path('tx.db'));
    wire.set((method) => (method === 'eth_sendRawTransaction' ? 'lose-request' : 'none'));
    const record = await outbox.submit(pay('patient'));
    expect(record.state).toBe('pending');
    wire.set(() => 'none');
    await outbox.wait('patient', 'confirmed');
    expect(await balanceOf(anvil.rpc, PAYEE)).toBe(1n);
    await outbox[Symbol.asyncDispose]();
    rpc.close();
    await wire.close();
  });

  it('a dropped transaction is sent again', async () => {
    await anvil.rpc.call('evm_setAutomine', [false]);
    const { outbox } = outboxOf(anvil.rpc, files.path('tx.db'));
    await using _ = outbox;
    await outbox.submit(pay('dropped'));
    await anvil.rpc.call('anvil_dropAllTransactions');
    const pool = async () => (await anvil.rpc.call<{ pending: string }>('txpool_status')).pending;
    await until(async () => (await pool()) === '0x1', 'back in the pool');
    await anvil.rpc.call('evm_mine');
    await outbox.wait('dropped');
    expect(await balanceOf(anvil.rpc, PAYEE)).toBe(1n);
  });

  it('an underpriced transaction is given a fee that the chain takes, under the same nonce', async () => {
    const { outbox, events } = outboxOf(anvil.rpc, files.path('tx.db'));
    await using _ = outbox;
    await anvil.rpc.call('evm_setAutomine', [false]);
    await outbox.submit(pay('cheap'));
    await anvil.rpc.call('anvil_dropAllTransactions');
    await anvil.rpc.call('anvil_setNextBlockBaseFeePerGas', [`0x${(50n * 10n ** 9n).toString(16)}`]);
    await anvil.rpc.call('evm_mine');
    await until(() => events.some((e) => e.type === 'problem' && e.problem === 'underpriced'), 'underpriced');
    await until(async () => {
      await anvil.rpc.call('evm_mine');
      return outbox.get('cheap')?.state !== 'pending';
    }, 'mined');
    expect(outbox.get('cheap')).toMatchObject({ nonce: 0 });
    expect(await balanceOf(anvil.rpc, PAYEE)).toBe(1n);
  });

  it('one that nobody mines is replaced at a higher fee, and counts once whichever is mined', async () => {
    await anvil.rpc.call('evm_setAutomine', [false]);
    const { outbox } = outboxOf(anvil.rpc, files.path('tx.db'), { raiseFeeAfterMs: 30 });
    await using _ = outbox;
    const first = await outbox.submit(pay('slow'));
    await until(async () => {
      // Its fee as the pool has it: asked for by its hash it may be replaced already.
      const { pending } = await anvil.rpc.call<{
        pending: Record<string, Record<string, { maxFeePerGas: string }>>;
      }>('txpool_content');
      const [waiting] = Object.values(pending).flatMap((by) => Object.values(by));
      return first.mined === undefined && Number(waiting?.maxFeePerGas ?? 0) > 3e9;
    }, 'a replacement in the pool');
    await anvil.rpc.call('evm_mine');
    await outbox.wait('slow');
    expect(await nonceOf(anvil.rpc, SENDER)).toBe(1);
    expect(await balanceOf(anvil.rpc, PAYEE)).toBe(1n);
  });

  it('a sender without funds: kept, said, and sent once there are some', async () => {
    await fund(anvil.rpc, SENDER, 0n);
    const { outbox, events } = outboxOf(anvil.rpc, files.path('tx.db'));
    await using _ = outbox;
    await outbox.submit(pay('poor'));
    await until(() => events.some((e) => e.type === 'problem' && e.problem === 'drained'), 'drained');
    await fund(anvil.rpc, SENDER);
    await outbox.wait('poor');
    expect(await balanceOf(anvil.rpc, PAYEE)).toBe(1n);
  });

  it('a nonce that a stranger with the same key used: signed again only once that is final', async () => {
    const wire = await faultyRpc(anvil.rpc.url);
    const rpc = rpcClient(wire.url, { timeoutMs: 200 });
    wire.set((method) => (method === 'eth_sendRawTransaction' ? 'lose-request' : 'none'));
    const { outbox } = outboxOf(rpc, files.path('tx.db'), { confirmations: 3 });
    await outbox.submit(pay('ours'));
    const { outbox: stranger } = outboxOf(anvil.rpc, files.path('stranger.db'));
    await stranger.send(pay('theirs', 100n));
    wire.set(() => 'none');
    await until(async () => (await outbox.look(), true), 'a look');
    expect(outbox.get('ours')).toMatchObject({ state: 'pending', nonce: 0 });
    await anvil.rpc.call('anvil_mine', ['0x3']);
    await outbox.wait('ours');
    expect(outbox.get('ours')?.nonce).toBe(1);
    expect(await balanceOf(anvil.rpc, PAYEE)).toBe(101n);
    await outbox[Symbol.asyncDispose]();
    await stranger[Symbol.asyncDispose]();
    rpc.close();
    await wire.close();
  });

  it('a reorganisation of depth 1 to 10 gives back every transaction, each once', async () => {
    const { outbox, events } = outboxOf(anvil.rpc, files.path('tx.db'), { confirmations: 12 });
    await using _ = outbox;
    await anvil.rpc.call('anvil_mine', ['0xc']);
    let sent = 0n;
    for (let depth = 1; depth <= 10; depth++) {
      for (let i = 0; i < 3; i++) await outbox.send(pay(`depth ${depth} ${i}`));
      sent += 3n;
      await anvil.rpc.call('anvil_reorg', [depth, []]);
      await until(async () => (await balanceOf(anvil.rpc, PAYEE)) === sent, `all back after depth ${depth}`);
    }
    expect(events.filter(({ type }) => type === 'forgotten').length).toBeGreaterThanOrEqual(20);
    await anvil.rpc.call('anvil_mine', ['0xc']);
    await until(() => outbox.open.length === 0, 'all final');
    expect(await nonceOf(anvil.rpc, SENDER)).toBe(30);
    expect(await balanceOf(anvil.rpc, PAYEE)).toBe(30n);
  });

  it('a node that comes back with an older state, or none, is given everything again', async () => {
    const { outbox } = outboxOf(anvil.rpc, files.path('tx.db'));
    for (let i = 0; i < 5; i++) await outbox.send(pay(`kept ${i}`), 'confirmed');
    await outbox[Symbol.asyncDispose]();
    await anvil.stop();
    anvil = await startAnvil({ chainId: CHAIN_ID });
    await fund(anvil.rpc, SENDER);
    const { outbox: again } = outboxOf(anvil.rpc, files.path('tx.db'));
    await using _ = again;
    await until(async () => (await balanceOf(anvil.rpc, PAYEE)) === 5n, 'all back');
    await again.send(pay('next'));
    expect(await nonceOf(anvil.rpc, SENDER)).toBe(6);
  });
});

describe('properties', () => {
  it('any order of submitting, mining, dropping and reorganising ends with each paid once', async () => {
    const step = fc.constantFrom('pay', 'pay', 'pay', 'mine', 'drop', 'reorg', 'look');
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (steps) => {
        run += 1;
        const payee = addressOf(secretOf(100 + run));
        await anvil.rpc.call('evm_setAutomine', [false]);
        await anvil.rpc.call('anvil_mine', ['0x4']);
        const { outbox } = outboxOf(anvil.rpc, files.path('tx.db'), {
          confirmations: 4,
          raiseFeeAfterMs: 20,
        });
        let paid = 0;
        for (const each of steps) {
          if (each === 'pay') await outbox.submit({ ...pay(`run ${run} ${paid++}`), to: payee });
          else if (each === 'mine') await anvil.rpc.call('evm_mine');
          else if (each === 'drop') await anvil.rpc.call('anvil_dropAllTransactions');
          else if (each === 'reorg') await anvil.rpc.call('anvil_reorg', [2, []]);
          else await outbox.look();
        }
        await until(async () => {
          await anvil.rpc.call('evm_mine');
          return outbox.open.length === 0;
        }, 'all final');
        await outbox[Symbol.asyncDispose]();
        expect(await balanceOf(anvil.rpc, payee)).toBe(BigInt(paid));
      }),
      { numRuns: 12 },
    );
  });
});
