import type { ProgressView } from '@assay/storage';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bar, barLine, percent } from '../../src/blob/bar.ts';
import { Rate } from '../../src/blob/rate.ts';
import { UploadScreen } from '../../src/blob/upload-screen.ts';

const view = (change: Partial<ProgressView> = {}): ProgressView => ({
  total: 1_000,
  certified: 0,
  reused: 0,
  recoverable: 0,
  inFlight: 0,
  health: 6,
  packs: { total: 10, certified: 0 },
  sealed: false,
  ...change,
});

const views = fc
  .record({
    total: fc.integer({ min: 1, max: 2 ** 40 }),
    shares: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 3, maxLength: 3 }),
  })
  .map(({ total, shares: [a = 0, b = 0, c = 0] }) => {
    const certified = Math.floor(total * a);
    const reused = Math.floor((total - certified) * b);
    return view({ total, certified, reused, inFlight: Math.floor((total - certified - reused) * c) });
  });

const plain = { width: 40, color: false };

describe('the bar', () => {
  it('never shows more as safe than is certified or reused, and the ghost is apart from it', () => {
    fc.assert(
      fc.property(views, (of) => {
        const text = bar(of, plain);
        const safe = text.split('█').length - 1;
        const ghost = text.split('▒').length - 1;
        expect(text).toHaveLength(40);
        expect(safe / 40).toBeLessThanOrEqual((of.certified + of.reused) / of.total);
        expect((safe + ghost) / 40).toBeLessThanOrEqual(
          (of.certified + of.reused + of.inFlight) / of.total + 1e-9,
        );
      }),
    );
  });

  it('says 100 only when there is a certificate', () => {
    expect(percent(view({ certified: 1_000 }))).toBe('99.9');
    expect(percent(view({ certified: 1_000, sealed: true }))).toBe('100');
    fc.assert(fc.property(views, (of) => Number(percent(of)) < 100));
  });

  it('counts reused bytes, and bytes in flight not at all', () => {
    expect(percent(view({ certified: 250, reused: 250, inFlight: 500 }))).toBe('50.0');
  });

  it('estimates from its own rise, and says so when it does not rise', () => {
    const rate = new Rate();
    rate.note(0, 0);
    expect(rate.value).toBeUndefined();
    rate.note(2_000, 20 * 2 ** 20);
    expect(rate.value).toBe(10 * 2 ** 20);
    const half = view({ total: 40 * 2 ** 20, certified: 20 * 2 ** 20 });
    expect(barLine(half, rate.value, plain)).toContain(
      '50.0 %  20 of 40 MiB certified · 10 MiB/s · 2 s left',
    );
    expect(barLine(half, undefined, plain)).toContain('no estimate');
  });

  it('tells small amounts in units in which they are not nothing, and what a full bar without a certificate waits for', () => {
    expect(barLine(view({ total: 13 }), undefined, plain)).toContain('0 of 13 bytes certified · no estimate');
    expect(barLine(view({ total: 50_000, certified: 25_000 }), undefined, plain)).toContain('24 of 48 KiB');
    const full = barLine(view({ total: 2 ** 21, certified: 2 ** 21 }), undefined, plain);
    expect(full).toContain('99.9 %  2.0 of 2.0 MiB certified · waiting for the certificate');
  });

  it('measures anew after a fall, or the estimate would count bytes that are gone', () => {
    const rate = new Rate();
    rate.note(0, 0);
    rate.note(5_000, 1_000);
    rate.note(6_000, 400);
    expect(rate.value).toBeUndefined();
    rate.note(8_000, 800);
    expect(rate.value).toBe(200);
  });
});

describe('the screen', () => {
  const node = new Uint8Array(32).fill(7);
  const id = '07'.repeat(32);

  function screen(isTerminal: boolean): { screen: UploadScreen; text: () => string } {
    let text = '';
    const options = {
      isTerminal,
      color: false,
      now: () => 0,
      nameOf: () => 'store-3',
      names: new Map([[id, 'store-3']]),
    };
    return {
      screen: new UploadScreen({ ...options, write: (part) => void (text += part) }),
      text: () => text,
    };
  }

  it('names the node that stalls, and beside the bar until it is back', () => {
    const shown = screen(true);
    shown.screen.see({ type: 'node', node, state: 'stalled' });
    shown.screen.see({ type: 'progress', view: view(), changes: [] });
    expect(shown.text()).toContain('store-3 has stopped moving bytes');
    expect(shown.text()).toContain('0 of 1 nodes (store-3 stalled)');
  });

  it('says one sentence for all that one node lost at once: how much, who, why', () => {
    const shown = screen(false);
    const evidence = { cause: 'lost-ack', hello: {} } as never;
    const fall = (pack: number) =>
      ({ type: 'regression', pack, bytes: 2 ** 20, node: id, evidence }) as const;
    shown.screen.see({ type: 'progress', view: view(), changes: [fall(1), fall(2)] });
    expect(shown.text()).toContain(
      'the bar steps back 2.0 MiB (2 packs): store-3 came back with a log that lacks what it had signed for\n',
    );
  });

  it('is silent after the certificate', () => {
    const shown = screen(true);
    shown.screen.see({ type: 'sealed', certificate: {} as never });
    shown.screen.see({ type: 'node', node, state: 'unreachable' });
    expect(shown.text()).toBe('');
  });
});
