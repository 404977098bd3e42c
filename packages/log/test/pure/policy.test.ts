import { concat, sha256, utf8 } from '@assay/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  CheckpointError,
  cosign,
  describeQuorum,
  formatVkey,
  meetsQuorum,
  NoteError,
  openWitnessedCheckpoint,
  parseNote,
  parsePolicy,
  type Policy,
  PolicyError,
  signCheckpoint,
} from '../../src/index.ts';
import { logKey, logPqKey, ORIGIN, policyText, pqWitness, witness } from './keys.ts';

const codeOf = (run: () => unknown): unknown => {
  try {
    run();
  } catch (error) {
    return error instanceof PolicyError || error instanceof NoteError || error instanceof CheckpointError
      ? error.code
      : error;
  }
  return 'accepted';
};

const checkpoint = signCheckpoint(
  { origin: ORIGIN, size: 5, root: sha256(utf8('r')) },
  [logKey, logPqKey],
  50,
);
const cosignedBy = (...times: readonly (readonly [number, number])[]): Uint8Array =>
  concat(checkpoint, ...times.map(([n, time]) => utf8(cosign(parseNote(checkpoint), witness(n), time))));
const w = (n: number): string => `witness w${n} ${formatVkey(witness(n).key)}`;
const log = `log ${formatVkey(logKey.key)}`;

describe('tlog-policy: the file', () => {
  it("reads the shape of the specification's example: two groups under a third", () => {
    const policy = parsePolicy(
      [
        '# a comment',
        ' \t# another',
        '',
        `${log}\thttps://log.example/`,
        w(1),
        `  ${w(2)} https://w2.example/ `,
        w(3),
        'group X-witnesses 2 w1 w2 w3',
        w(4),
        w(5),
        w(6),
        'group Y-witnesses any w4 w5 w6',
        'group X-and-Y all X-witnesses Y-witnesses',
        'quorum X-and-Y',
        '',
      ].join('\n'),
    );
    expect(policy.logs).toMatchObject([{ url: 'https://log.example/' }]);
    expect(policy.witnesses.map((each) => each.name)).toEqual(['w1', 'w2', 'w3', 'w4', 'w5', 'w6']);
    expect(policy.witnesses[1]?.url).toBe('https://w2.example/');
    expect(describeQuorum(policy.quorum)).toBe('2 of (2 of (w1, w2, w3), 1 of (w4, w5, w6))');
  });

  it.each([
    ['no quorum line', [log, w(1)], 'syntax'],
    ['an empty file', [], 'syntax'],
    ['two quorum lines', [w(1), 'quorum w1', 'quorum w1'], 'syntax'],
    ['an unknown keyword', ['logs x', 'quorum none'], 'syntax'],
    ['a log without a key', ['log', 'quorum none'], 'syntax'],
    ['too many words', [`${log} url more`, 'quorum none'], 'syntax'],
    ['a carriage return', [`${log}\r`, 'quorum none'], 'syntax'],
    ['a quorum that is defined later', ['quorum w1', w(1)], 'name'],
    ['a group that refers forward', ['group g any w1', w(1), 'quorum g'], 'name'],
    ['a group of itself', ['group g any g', 'quorum g'], 'name'],
    ['a member of two groups', [w(1), 'group a any w1', 'group b any w1', 'quorum b'], 'name'],
    ['a member twice in a group', [w(1), 'group a 2 w1 w1', 'quorum a'], 'name'],
    ['a name defined twice', [w(1), w(2).replace('w2', 'w1'), 'quorum w1'], 'name'],
    ['a witness called none', [w(1).replace('w1', 'none'), 'quorum none'], 'name'],
    ['none as a member', [w(1), 'group a any none', 'quorum a'], 'name'],
    ['threshold 0', [w(1), 'group a 0 w1', 'quorum a'], 'threshold'],
    ['a threshold over the members', [w(1), 'group a 2 w1', 'quorum a'], 'threshold'],
    ['a threshold with a leading zero', [w(1), 'group a 01 w1', 'quorum a'], 'threshold'],
    ['a group without members', [w(1), 'group a all', 'quorum w1'], 'syntax'],
    ['a key listed twice under two names', [w(1), w(1).replace('w1', 'w9'), 'quorum w1'], 'key'],
    ['a log listed twice', [log, log, 'quorum none'], 'key'],
    ['a witness with a key that signs no time', [`witness w ${formatVkey(logKey.key)}`, 'quorum w'], 'key'],
    ['a log with a witness key', [`log ${formatVkey(witness(1).key)}`, 'quorum none'], 'key'],
    ['a broken key', ['log example.com/foo+00000000+AQ==', 'quorum none'], 'key'],
  ])('refuses %s', (_, lines, code) => {
    expect(codeOf(() => parsePolicy(lines.map((line) => `${line}\n`).join('')))).toBe(code);
  });

  it('"Character set": names are octets; what is not UTF-8 is allowed and kept apart', () => {
    const [, key] = w(1).split(/ w1 /);
    const [, other] = w(2).split(/ w2 /);
    const bytes = concat(
      utf8('witness '),
      Uint8Array.of(0xe9),
      utf8(` ${key}\nwitness \u00e9 ${other}\ngroup g all `),
      Uint8Array.of(0xe9),
      utf8(' \u00e9\nquorum g\n'),
    );
    const policy = parsePolicy(bytes);
    expect(policy.witnesses).toHaveLength(2);
    expect(policy.quorum).toMatchObject({ threshold: 2 });
  });

  it('"Implementation limits": takes 32 witnesses, 32 logs and 32 groups, and bounds what it takes', () => {
    const witnesses = Array.from({ length: 32 }, (_, i) => w(i + 1));
    const groups = witnesses.map((_, i) =>
      i === 0 ? 'group g1 any w1' : `group g${i + 1} all g${i} w${i + 1}`,
    );
    const policy = parsePolicy([log, ...witnesses, ...groups, 'quorum g32', ''].join('\n'));
    expect(
      meetsQuorum(
        policy,
        policy.witnesses.map(({ verifier }) => `${verifier.key.name}+${verifier.key.keyId}`),
      ),
    ).toBe(true);
    const many = Array.from({ length: 600 }, (_, i) => `group h${i} any ${i === 0 ? 'w1' : `h${i - 1}`}`);
    expect(codeOf(() => parsePolicy([w(1), ...many, 'quorum w1', ''].join('\n')))).toBe('limit');
  });
});

describe('tlog-policy: judging a checkpoint fails closed', () => {
  const threeOfFour = parsePolicy(policyText(4, 3));

  it('PROTOCOL 3.1: the time is the quorum-th smallest timestamp of the known witnesses', () => {
    expect(openWitnessedCheckpoint(cosignedBy([1, 400], [2, 100], [3, 200]), threeOfFour)).toMatchObject({
      witnessedAt: 400,
    });
    const four = openWitnessedCheckpoint(cosignedBy([1, 400], [2, 100], [3, 200], [4, 300]), threeOfFour);
    expect(four.witnessedAt).toBe(300);
    expect(four.cosignatures).toHaveLength(4);
  });

  it('counts a witness once, however often it signed, at its earliest time', () => {
    expect(
      codeOf(() => openWitnessedCheckpoint(cosignedBy([1, 1], [1, 2], [1, 3], [2, 4]), threeOfFour)),
    ).toBe('quorum');
    expect(openWitnessedCheckpoint(cosignedBy([1, 9], [1, 2], [2, 4], [3, 5]), threeOfFour).witnessedAt).toBe(
      5,
    );
  });

  it('ignores witnesses that it does not know', () => {
    expect(
      codeOf(() => openWitnessedCheckpoint(cosignedBy([1, 1], [2, 1], [7, 1], [8, 1]), threeOfFour)),
    ).toBe('quorum');
  });

  it('refuses: no cosignature, a forged one, another log, no log at all', () => {
    expect(codeOf(() => openWitnessedCheckpoint(checkpoint, threeOfFour))).toBe('quorum');
    const other = signCheckpoint({ origin: ORIGIN, size: 6, root: sha256(utf8('r')) }, [logKey], 0);
    const stolen = concat(other, utf8(cosign(parseNote(checkpoint), witness(1), 1)));
    expect(codeOf(() => openWitnessedCheckpoint(stolen, threeOfFour))).toBe('bad-signature');
    expect(
      codeOf(() => openWitnessedCheckpoint(cosignedBy([1, 1]), parsePolicy(`${w(1)}\nquorum w1\n`))),
    ).toBe('unknown-log');
    const renamed = policyText(4, 3).replace(/^log .*\n/, `log ${formatVkey({ ...logKey.key })}\n`);
    const stranger = signCheckpoint({ origin: ORIGIN, size: 6, root: sha256(utf8('r')) }, [logPqKey], 0);
    expect(codeOf(() => openWitnessedCheckpoint(stranger, parsePolicy(renamed)))).toBe('no-known-signature');
  });

  it('"quorum none" must be said, and then proves no time', () => {
    expect(
      openWitnessedCheckpoint(checkpoint, parsePolicy(policyText(4, 'none'))).witnessedAt,
    ).toBeUndefined();
  });

  it('takes ML-DSA-44 witnesses beside Ed25519 ones', () => {
    const mixed = parsePolicy(
      `${log}\n${w(1)}\nwitness p ${formatVkey(pqWitness(1).key)}\ngroup g all w1 p\nquorum g\n`,
    );
    const note = parseNote(checkpoint);
    const both = concat(checkpoint, utf8(cosign(note, witness(1), 7)), utf8(cosign(note, pqWitness(1), 9)));
    expect(openWitnessedCheckpoint(both, mixed).witnessedAt).toBe(9);
    expect(codeOf(() => openWitnessedCheckpoint(cosignedBy([1, 7]), mixed))).toBe('quorum');
  });

  it('nested rules agree with counting by hand, for every set of signers', () => {
    const policy: Policy = parsePolicy(
      [
        log,
        w(1),
        w(2),
        w(3),
        'group a 2 w1 w2 w3',
        w(4),
        w(5),
        'group b any w4 w5',
        'group q all a b',
        'quorum q',
        '',
      ].join('\n'),
    );
    const keys = policy.witnesses.map(({ verifier }) => `${verifier.key.name}+${verifier.key.keyId}`);
    fc.assert(
      fc.property(fc.subarray([0, 1, 2, 3, 4]), (signers) => {
        const wanted = signers.filter((i) => i < 3).length >= 2 && signers.some((i) => i >= 3);
        expect(
          meetsQuorum(
            policy,
            signers.map((i) => keys[i] as string),
          ),
        ).toBe(wanted);
      }),
    );
  });
});
