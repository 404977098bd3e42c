/** The SVG picture: well-formed, self-contained, nothing outside the page, no text upon another. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildLine, drawLine, type LineSource, lineSvg } from '../../src/line/index.ts';
import type { Box } from '../../src/line/svg/sheet.ts';
import { START, story, V1, V2 } from './scenes.ts';

const overlap = (a: Box, b: Box): boolean =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;

function expectReadable(source: LineSource): void {
  const { texts, width, height } = drawLine(buildLine(source));
  texts.forEach((text, i) => {
    expect(text.x, text.text).toBeGreaterThanOrEqual(0);
    expect(text.x + text.width, text.text).toBeLessThanOrEqual(width);
    expect(text.y + text.height, text.text).toBeLessThanOrEqual(height);
    for (const other of texts.slice(i + 1)) {
      expect(overlap(text, other), `"${text.text}" lies on "${other.text}"`).toBe(false);
    }
  });
}

/** Tags balance and attributes are quoted: enough for a document whose only writer escapes everything. */
function expectWellFormed(svg: string): void {
  const open: string[] = [];
  const text = svg.replaceAll(
    /<(\/?)([a-z]+)((?: [a-zA-Z0-9-]+="[^"<>]*")*)(\/?)>/g,
    (_, end: string, name: string, __, self) => {
      if (end === '/') expect(open.pop()).toBe(name);
      else if (self !== '/') open.push(name);
      return '';
    },
  );
  expect(open).toEqual([]);
  expect(text).not.toMatch(/[<>]/);
  expect(text).not.toMatch(/&(?!(amp|lt|gt|quot);)/);
}

const several = (count: number): LineSource => {
  const scene = story();
  const extra = Array.from({ length: count - 1 }, (_, i) => ({
    name: `sp500-vol/channel-${i}`,
    steps: [
      { t: START + 5 * i, to: { [V2]: 10_000 }, label: 'initial' as const },
      { t: START + 50 + i, to: { [V1]: 10_000 }, label: 'rollback' as const },
    ],
  }));
  return { ...scene, channels: [...scene.channels, ...extra] };
};

describe('the line as SVG', () => {
  const scenes: readonly (readonly [string, LineSource])[] = [
    ['the story', story()],
    ['no rollback', story({ rolledBack: false })],
    ['final and settled', story({ final: true, settled: true })],
    ['one output', story({ outputs: 1 })],
    ['density', story({ outputs: 5_000 })],
    ['nothing in scope', { ...story(), records: [], books: [] }],
    ['three channels', several(3)],
    ['twelve channels', several(12)],
  ];

  it.each(scenes)('sets no text upon another: %s', (_, source) => expectReadable(source));

  it.each(scenes)('is well-formed: %s', (_, source) => expectWellFormed(lineSvg(buildLine(source))));

  it('runs nothing and fetches nothing', () => {
    const svg = lineSvg(buildLine(story()));
    expect(svg).not.toMatch(/<script|<foreignObject|<image|href=|@import|url\((?!#)|on[a-z]+="/);
    expect(svg.match(/https?:[^"]*/g)).toEqual(['http://www.w3.org/2000/svg']);
  });

  it('tells screen readers the finding, the moments and the books', () => {
    const svg = lineSvg(buildLine(story()));
    expect(svg).toContain('role="img" aria-labelledby="line-title line-desc"');
    expect(svg).toMatch(/<title id="line-title">v2 was rolled back at 12:30:04/);
    expect(svg).toMatch(/<desc id="line-desc">[^<]*rolled back to v1[^<]*57 open/);
  });

  it('escapes whatever names people choose', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 24 }), (label) => {
        const scene = story({ outputs: 3 });
        const source = { ...scene, labels: new Map([...scene.labels, [V2, label] as const]) };
        expectWellFormed(lineSvg(buildLine(source)));
      }),
      { numRuns: 50 },
    );
  });

  it('gathers what would cover itself, and loses none of it', () => {
    const scene = story({ outputs: 3 });
    const crowd = Array.from({ length: 500 }, (_, i) => ({
      id: `payment-${i}`,
      kind: 'payment' as const,
      t: START + 70 + (i % 50) / 10,
      standing: 'affected' as const,
      seed: false,
      state: 'open',
      parentT: START + 60,
    }));
    const source = { ...scene, records: [...scene.records, ...crowd] };
    const sheet = drawLine(buildLine(source));
    expectReadable(source);
    const gathered = sheet.texts.filter(({ text }) => /^\d+$/.test(text)).map(({ text }) => Number(text));
    expect(gathered.reduce((sum, count) => sum + count, 0)).toBeGreaterThanOrEqual(500);
  });
});
