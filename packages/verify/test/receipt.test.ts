import { base64, concat, fromUtf8, utf8 } from '@assay/core';
import { describe, expect, it } from 'vitest';
import { parseTlogProof, formatTlogProof, parsePolicy } from '@assay/log';
import { ReceiptError, verifyLoggedEntry, verifyReceipt } from '../src/index.ts';
import { nodeA } from '../../views/test/support/log-builder.ts';
import { begun, NOW, policy, trust, V1, V2 } from './support/real-log.ts';

const log = begun(3);
const { note: lowerNote } = log.witness();
const index = log.output(nodeA, V1);
const entry = log.entries[index] as Uint8Array;
const proof = log.proof(index);

const codeOf = (run: () => unknown): unknown => {
  try {
    run();
  } catch (error) {
    return error instanceof ReceiptError ? error.code : error;
  }
  return 'accepted';
};
const flip = (bytes: Uint8Array, at: number): Uint8Array => bytes.with(at, (bytes[at] as number) ^ 1);

/** The same note, well-formed, over another root: a flipped bit of base64 could also be no base64 at all. */
const ofAnotherTree = (note: Uint8Array): Uint8Array => {
  const lines = fromUtf8(note).split('\n');
  return utf8(lines.with(2, base64(new Uint8Array(32))).join('\n'));
};

describe('an output receipt, verified offline', () => {
  it('proves which version made the output, by which node, under which witnesses, between which moments', () => {
    const verified = verifyReceipt(entry, { proof, notBefore: lowerNote }, trust);
    expect(verified.receipt).toMatchObject({ signer: nodeA.keyId, predicate: { version: V1 } });
    expect(verified).toMatchObject({ index, size: log.entries.length, flags: [] });
    const { after, before } = verified.bracket;
    expect(after).toBeLessThan(before as number);
    expect(before).toBeLessThan(NOW);
  });

  it('goes through its file form', () => {
    const file = parseTlogProof(formatTlogProof(proof));
    expect(verifyReceipt(entry, { proof: file }, trust).bracket.after).toBeUndefined();
  });

  it.each([
    ['inclusion', () => verifyReceipt(log.entries[index - 5] as Uint8Array, { proof }, trust)],
    ['inclusion', () => verifyReceipt(entry, { proof: { ...proof, index: index - 1 } }, trust)],
    ['inclusion', () => verifyReceipt(flip(entry, 30), { proof }, trust)],
    [
      'log-signature',
      () => verifyReceipt(entry, { proof: { ...proof, checkpoint: ofAnotherTree(proof.checkpoint) } }, trust),
    ],
    ['proof', () => verifyReceipt(entry, { proof: { ...proof, checkpoint: utf8('nothing') } }, trust)],
    ['witness-quorum', () => verifyReceipt(entry, { proof: log.proof(index, log.note(2)) }, trust)],
    [
      'unknown-log',
      () => verifyReceipt(entry, { proof }, { ...trust, policy: parsePolicy('quorum none\n') }),
    ],
    ['future', () => verifyReceipt(entry, { proof }, { policy, judgedAt: 1_600_000_000 })],
    ['kind', () => verifyReceipt(log.entries[0] as Uint8Array, { proof: log.proof(0) }, trust)],
    ['not-before', () => verifyReceipt(entry, { proof, notBefore: log.note() }, trust)],
    ['witness-quorum', () => verifyReceipt(entry, { proof, notBefore: log.note(2) }, trust)],
  ])('is refused with `%s`', (code, run) => {
    expect(codeOf(run)).toBe(code);
  });

  it('an entry that is in the log and says nothing of ours, or is signed by nobody, is refused all the same', () => {
    const odd = begun(1);
    const text = odd.append(utf8('{"hello":1}'));
    const forged = odd.append(utf8(new TextDecoder().decode(entry).replace(/"sig":"..../, '"sig":"AAAA')));
    expect(codeOf(() => verifyLoggedEntry(odd.entries[text] as Uint8Array, odd.proof(text), trust))).toBe(
      'schema',
    );
    expect(codeOf(() => verifyLoggedEntry(odd.entries[forged] as Uint8Array, odd.proof(forged), trust))).toBe(
      'signature',
    );
    expect(verifyLoggedEntry(odd.entries[0] as Uint8Array, odd.proof(0), trust).statement.kind).toBe(
      'participant.join',
    );
  });

  it('PROTOCOL 3.3: times outside the bracket, and a checkpoint that already covers the receipt, are flagged', () => {
    const odd = begun(3);
    const { note } = odd.witness();
    const late = odd.output(nodeA, V2, { accepted: 1_600_000_000_000, finished: 1_600_000_000_001 });
    const verified = verifyReceipt(
      odd.entries[late] as Uint8Array,
      { proof: odd.proof(late), notBefore: note },
      trust,
    );
    expect(verified.flags).toEqual(['clock-outside']);
    const ahead = odd.output(nodeA, V2, {
      notBefore: { origin: 'log.example/audited', size: '9999', root: '0'.repeat(64) },
    });
    expect(verifyReceipt(odd.entries[ahead] as Uint8Array, { proof: odd.proof(ahead) }, trust).flags).toEqual(
      ['not-before-ahead'],
    );
  });

  it('a note with grease, signatures by keys that nobody knows, verifies', () => {
    const grease = concat(proof.checkpoint, utf8('— grease.example/x AAAAAAEC\n'));
    expect(verifyReceipt(entry, { proof: { ...proof, checkpoint: grease } }, trust).index).toBe(index);
  });
});
