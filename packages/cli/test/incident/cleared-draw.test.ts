/** What a draw from the outputs that only suspect nodes clear says, and what a certificate keeps of it (PROTOCOL 6.2). */
import { ed25519Signer, openStatement, signStatement } from '@assay/core';
import { describe, expect, it } from 'vitest';
import { boundText, type Drawn, reasonsAgainst, sampleOf } from '../../src/incident/cleared-draw.ts';

const id = (digit: string): string => digit.repeat(64);
const confirmed: Drawn = {
  size: 412,
  seed: id('5'),
  of: 40,
  drawn: [id('a'), id('b'), id('c')],
  unexamined: [],
  different: [],
  uncovered: [],
  bound: '0.631597',
};

describe('PROTOCOL 6.2: a draw', () => {
  it('that is confirmed stands against nothing, and says its count, seed and bound', () => {
    expect(reasonsAgainst(confirmed)).toEqual([]);
    expect(boundText(confirmed)).toBe(
      `accepted by sampling: 3 of 40 drawn with seed ${id('5')}, none different; at most 0.631597 of them may be, at 95 % confidence`,
    );
  });

  it('stands in a certificate as a statement that every reader takes', () => {
    const sample = sampleOf(confirmed);
    const close = { incident: id('1'), size: '500', root: id('2'), attests: [id('3')] };
    const entry = signStatement(
      'incident.close',
      { ...close, ...(sample === undefined ? {} : { sample }) },
      ed25519Signer(new Uint8Array(32)),
    );
    expect(openStatement(entry).predicate).toMatchObject({
      sample: { size: '412', of: '40', drawn: '3', seed: id('5'), bound: '0.631597' },
    });
    expect(sampleOf({ ...confirmed, of: 0, drawn: [] })).toBeUndefined();
  });

  it('that is not looked at, that found a lie, or that misses later outputs says so', () => {
    const { drawn } = confirmed;
    expect(reasonsAgainst({ ...confirmed, unexamined: drawn.slice(1) })).toEqual([
      '2 of 3 drawn outputs are not re-executed yet',
    ]);
    expect(reasonsAgainst({ ...confirmed, different: drawn.slice(2) })[0]).toContain('re-run the whole set');
    expect(reasonsAgainst({ ...confirmed, uncovered: [id('d')] })[0]).toContain('draw again');
  });
});
