/** Which network `assay up` runs: as asked, and for the rest as the folder was made. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { planOf } from '../../src/network/plan.ts';

const root = mkdtempSync(join(tmpdir(), 'assay-plan-'));
afterAll(() => rmSync(root, { recursive: true }));

describe('the plan of a network', () => {
  it('of a new folder is as asked, with three nodes on 7400 where nothing is', () => {
    expect(planOf({ dir: join(root, 'new') })).toEqual({
      dir: join(root, 'new'),
      port: 7_400,
      nodes: [{ name: 'node-a' }, { name: 'node-b' }, { name: 'node-c' }],
      money: true,
    });
    expect(planOf({ dir: join(root, 'new'), free: true }).money).toBe(false);
    const asked = { dir: join(root, 'new'), nodes: 2, fault: ['b=serve-stale:lying'] };
    expect(planOf(asked).nodes).toEqual([
      { name: 'node-a' },
      { name: 'node-b.fault-serve-stale-lying', fault: 'serve-stale:lying' },
    ]);
    expect(() => planOf({ ...asked, fault: ['c=serve-stale:lying'] })).toThrow(/there is no node "c"/);
    expect(() => planOf({ ...asked, fault: ['a=asleep'] })).toThrow(/is not NODE=FAULT/);
  });

  it('of a folder that has one is that again, so that "assay up" alone goes on from where it was', () => {
    const at = (url: string): { url: string } => ({ url });
    const made = {
      origin: '127.0.0.1:9501/local',
      log: at('http://127.0.0.1:9501'),
      gateway: at('http://127.0.0.1:9500'),
      nodes: [
        { name: 'node-a', url: 'http://127.0.0.1:9506' },
        { name: 'node-b.fault-serve-stale-honest', url: 'http://127.0.0.1:9507' },
      ],
    };
    writeFileSync(join(root, 'network.json'), JSON.stringify(made));
    const nodes = [
      { name: 'node-a' },
      { name: 'node-b.fault-serve-stale-honest', fault: 'serve-stale:honest' },
    ];
    expect(planOf({ dir: root })).toEqual({ dir: root, money: false, port: 9_500, nodes });
    // What is asked for stands, so that a folder of another plan is found out.
    expect(planOf({ dir: root, port: 9_600 })).toEqual({ dir: root, money: false, port: 9_600, nodes });
    expect(planOf({ dir: root, fault: ['none'] }).nodes).toEqual([{ name: 'node-a' }, { name: 'node-b' }]);
  });
});
