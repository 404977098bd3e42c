/** The text picture: golden for the story, bounds for everything else. */
import { describe, expect, it } from 'vitest';
import { buildLine, type LineSource, lineText } from '../../src/line/index.ts';
import { story, START, V2 } from './scenes.ts';

const text = (source: LineSource): string[] => lineText(buildLine(source), { color: false });

describe('the line as text', () => {
  it('shows the story on one screen, without colour', () => {
    expect(text(story()).join('\n')).toMatchInlineSnapshot(`
      "v2 was rolled back at 12:30:04. 21 consequences outlived it.
      node-c went on serving v2 for 41 s (13 outputs). 19 of 21 are open. 1 more is
      possible.

      announced  ░░░░░░░░░▓▓▓▓▓███████████████┃░░░░░░░░░░░░░░░░░░░░░░░░░░ ░ v1
      served      ░░░░░░░░░░▓░▓███████████████┃█░▓▓▓░▓▓█░▓▓░▓█░▓▓░░░░░    █ v2
      outputs     ▃▆▆▆█▆▆▆▆▆▆█▆▆▆▆▆█▆▆▆▆▆▆█▆▆▆┃▆█▆▆▆▆▆▆█▆▆▆▆▆█▆▆▆▆▆▆█▃    110
      unknown        ╌                ╌       ┃        ╌
      ○ output                                ┃○○ ○○ ○○2 ○○ ○○○ ○         14/14 open
      ◇ workflow                        ◇     ┃                           1/1 open
      △ decision               △     ▲      △ ┃                           2/3 open
      □ payment                              □┃      ■     □              2/3 open
      ▽ message                               ┃  ▽                        1/1 open
                 ┴─────────────┴─────────────┴╂───────────┴─────────────┴
      2026-11-22           12:29:30      12:30:00     12:30:30      12:31:00
      12:29:22 ├ first bad output
      12:30:04 ┃ rolled back to v1
      12:30:45 ┤ last bad output
      12:30:58 ! incident opened

      books      ██████████████████████████████████████████████████████▒░ 59 in all
                 █ 57 open   ▒ 1 compensated   ░ 1 rerun same
      incident   abababababababababababababababababababababababababababababababab
      scope root cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd
      as of log size 412, recomputed by 2 of 2, not final:
        - node-c has not drained v2"
    `);
  });

  it('is at most 80 columns wide, whatever it shows', () => {
    const scenes = [
      story(),
      story({ rolledBack: false, settled: true }),
      story({ outputs: 1 }),
      story({ outputs: 100_000 }),
      { ...story(), footer: { ...story().footer, whyNotFinal: Array(9).fill('x'.repeat(200)) as string[] } },
    ];
    for (const scene of scenes)
      for (const line of text(scene)) expect([...line].length).toBeLessThanOrEqual(80);
  });

  it('carries colour only as ANSI codes around the same signs', () => {
    const model = buildLine(story());
    const coloured = lineText(model, { color: true }).join('\n');
    expect(coloured).toContain('\u001B[');
    // oxlint-disable-next-line no-control-regex -- the escape character is what is looked for
    expect(coloured.replaceAll(/\u001B\[\d*m/g, '')).toBe(lineText(model, { color: false }).join('\n'));
  });
});

describe('the finding', () => {
  it('counts what the rollback did not undo', () => {
    const model = buildLine(story());
    expect(model.title).toBe('v2 was rolled back at 12:30:04. 21 consequences outlived it.');
    expect(model.detail).toBe(
      'node-c went on serving v2 for 41 s (13 outputs). 19 of 21 are open. 1 more is possible.',
    );
  });

  it('says where the version is still announced when nobody rolled it back', () => {
    const model = buildLine(story({ rolledBack: false }));
    expect(model.title).toBe('v2 is still announced on sp500-vol/prod. 8 consequences stand on it.');
    expect(model.marks.map(({ kind }) => kind)).toEqual(['incident']);
  });

  it('says so when nothing is known to stand on the version', () => {
    const nothing = { ...story({ rolledBack: false }), records: [], books: [] };
    expect(buildLine(nothing).title).toBe(
      'v2 is still announced on sp500-vol/prod. Nothing is known to stand on it.',
    );
    expect(text(nothing)).toContain('books      nothing is in scope');
  });

  it('never calls settled what is open besides the consequences', () => {
    expect(buildLine(story({ settled: true, rolledBack: false })).detail).toMatch(
      /^All are settled, \d+ other records in scope not\./,
    );
  });

  it('names nodes when the incident names no version', () => {
    const source: LineSource = { ...story({ rolledBack: false }), badVersions: [], badNodes: ['node-c'] };
    expect(buildLine(source).title).toBe('node-c was flagged. 8 consequences stand on it.');
  });

  it('says on which of several channels a version is still announced', () => {
    const scene = story();
    const beta = {
      name: 'sp500-vol/beta',
      steps: [{ t: START + 30, to: { [V2]: 10_000 }, label: 'initial' as const }],
    };
    const model = buildLine({ ...scene, channels: [...scene.channels, beta] });
    expect(model.title).toMatch(/^v2 is still announced on sp500-vol\/beta\./);
    expect(model.marks[0]?.text).toBe('prod rolled back to v1');
    const lines = text({ ...scene, channels: [...scene.channels, beta] });
    expect(lines.filter((line) => line.startsWith('sp500-vol/beta'))).toHaveLength(1);
  });
});

describe('counts', () => {
  it('turn into density above two thousand outputs, and lose none', () => {
    const model = buildLine(story({ outputs: 100_000 }));
    if (model.outputs.kind !== 'density') throw new Error('expected density');
    const shown = model.outputs.buckets.reduce(
      (sum, { counts, unknown }) => counts.reduce((a, b) => a + b, sum + unknown),
      0,
    );
    expect(shown).toBe(100_000);
  });

  it('is one tick for one output', () => {
    expect(buildLine(story({ outputs: 1 })).outputs).toMatchObject({
      kind: 'ticks',
      ticks: [{ version: 0 }],
    });
  });
});
