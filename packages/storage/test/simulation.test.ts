import { describe, expect, it } from 'vitest';
import { fuzz } from '../../../sim/storage/fuzz.ts';

describe('simulation lane', () => {
  // 10,000 seeds: `node sim/storage/run.ts 0 10000`. A failing seed fails again, alone: `node sim/storage/run.ts SEED 1`.
  it('a fixed slice of seeds: the bar never shows more than would survive, and what is sealed reads back', async () => {
    let [faults, kills] = [0, 0];
    for (let seed = 0; seed < 40; seed++) {
      const report = await fuzz(seed);
      faults += report.faults.length;
      kills += report.clientKills;
    }
    expect(faults).toBeGreaterThan(100);
    expect(kills).toBeGreaterThan(20);
  });

  it('the same seed lives the same life', async () => {
    expect(await fuzz(7)).toEqual(await fuzz(7));
  });
});
