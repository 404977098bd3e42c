/** The portable arithmetic: against the platform's own, within a few last bits; and the resampling it feeds. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { average, pairedMean } from '../src/bootstrap.ts';
import { exp, ln } from '../src/exact-math.ts';
import { fit } from '../src/fit.ts';
import { forecast } from '../src/network.ts';
import { seededRandom } from '../src/random.ts';

describe('ln and exp', () => {
  it('agree with the platform to 1e-15, relative to at least 1', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-300, max: 1e300, noNaN: true }), (x) => {
        expect(Math.abs(ln(x) - Math.log(x)) / Math.max(1, Math.abs(Math.log(x)))).toBeLessThan(1e-15);
      }),
      { numRuns: 2_000 },
    );
    fc.assert(
      fc.property(fc.double({ min: -700, max: 700, noNaN: true }), (x) => {
        expect(Math.abs(exp(x) / Math.exp(x) - 1)).toBeLessThan(1e-15);
      }),
      { numRuns: 2_000 },
    );
  });

  it('give these bits on every machine', () => {
    expect([ln(1), ln(3), ln(7), ln(1e-5), exp(0), exp(0.5), exp(-3), exp(100)]).toEqual([
      0, 1.0986122886681098, 1.9459101490553132, -11.512925464970229, 1, 1.6487212707001282,
      0.049787068367863944, 2.6881171418161356e43,
    ]);
  });
});

describe('the seeded source', () => {
  it('gives this sequence for seed 1', () => {
    const random = seededRandom(1);
    expect([random(), random(), random()]).toEqual([
      0.6270739405881613, 0.002735721180215478, 0.5274470399599522,
    ]);
  });

  it('is spread evenly enough', () => {
    const random = seededRandom(7);
    expect(average(Array.from({ length: 10_000 }, random))).toBeCloseTo(0.5, 2);
  });
});

describe('the paired interval', () => {
  const options = { seed: 1, resamples: 1_000, block: 5 };

  it('is a point where all differences are the same', () => {
    expect(pairedMean(Array(100).fill(0.25), options)).toEqual({ mean: 0.25, low: 0.25, high: 0.25 });
  });

  it('covers a true mean of 0 about as often as it says', () => {
    const random = seededRandom(3);
    let covered = 0;
    for (let trial = 0; trial < 100; trial++) {
      const noise = Array.from({ length: 200 }, () => random() + random() + random() - 1.5);
      const { low, high } = pairedMean(noise, { ...options, resamples: 200, seed: trial });
      if (low <= 0 && high >= 0) covered += 1;
    }
    // 95 of 100 are expected; fewer than 86 has a probability below 1 in 1,000.
    expect(covered).toBeGreaterThanOrEqual(86);
  });

  it('is wider for the same differences in clusters, when blocks keep the clusters', () => {
    const random = seededRandom(9);
    const clustered = Array.from({ length: 40 }, () => Array<number>(10).fill(random() - 0.5)).flat();
    const width = (block: number): number => {
      const { low, high } = pairedMean(clustered, { ...options, block });
      return high - low;
    };
    expect(width(20)).toBeGreaterThan(2 * width(1));
  });
});

describe('fitting', () => {
  it('finds the volatility that made the data, where it depends on one column', () => {
    const random = seededRandom(11);
    const gauss = (): number => Array.from({ length: 12 }, random).reduce((sum, value) => sum + value, -6);
    const examples = Array.from({ length: 3_000 }, () => {
      const feature = random() < 0.5 ? 1 : 4;
      return { features: [feature], move: gauss() * 10 * feature };
    });
    const network = fit(examples, { seed: 1, rounds: 200, rate: 0.03, decay: 0 });
    expect(forecast(network, [1], [0]) / 10).toBeCloseTo(1, 1);
    expect(forecast(network, [4], [0]) / 40).toBeCloseTo(1, 1);
  });
});
