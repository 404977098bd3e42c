import { hex, sha256, utf8 } from '@assay/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { signBlob, verifyBlobCertificate } from '../src/certificate.ts';
import { signHello, signTombstone } from '../src/node-facts.ts';
import { Progress } from '../src/progress.ts';
import type { VerifiedReceipt } from '../src/receipt.ts';
import { type Evidence, revoke } from '../src/regression.ts';
import { BOOT, cast, packHeader, verifiedFor } from './fixtures.ts';

const players = cast(6);
const { committee, signers } = players;
const { q, k } = committee.profile;
const PACKS = 3;
const receipts = Array.from({ length: PACKS }, (_, pack) => {
  return Array.from({ length: 6 }, (_, index) => verifiedFor(players, packHeader(pack), index));
});
const at = (pack: number, index: number): VerifiedReceipt => receipts[pack]?.[index] as VerifiedReceipt;
const fresh = (): Progress =>
  new Progress(
    Array.from({ length: PACKS }, (_, i) => ({ bytes: 100 + i, reused: i === 2 })),
    committee.profile,
  );

const signerOf = ({ nodeId }: VerifiedReceipt) =>
  signers.find((s) => hex(s.publicKey) === hex(nodeId)) as (typeof signers)[number];

function wiped(receipt: VerifiedReceipt): Evidence {
  const boots = [{ bootId: sha256(utf8('new boot')).subarray(0, 16), firstSeq: 1 }];
  const facts = {
    networkId: committee.networkId,
    nodeId: receipt.nodeId,
    nonce: new Uint8Array(32),
    nextSeq: 99,
    boots,
  };
  return { cause: 'lost-ack', hello: signHello(facts, signerOf(receipt)) };
}

describe('progress', () => {
  it('P1: a pack counts at the q-th distinct receipt, not before, and not for repeats', () => {
    const progress = fresh();
    for (let index = 0; index < q - 1; index++) {
      expect(progress.receipt(0, at(0, index))).toEqual([]);
      expect(progress.receipt(0, at(0, index))).toEqual([]);
    }
    expect(progress.view().certified).toBe(0);
    expect(progress.view().recoverable).toBe(100);
    expect(progress.receipt(0, at(0, 5))).toEqual([{ type: 'certified', pack: 0, bytes: 100 }]);
    expect(progress.view().certified).toBe(100);
  });

  it('P2: in any order of events the bar equals the packs with q live receipts, and falls only by named bytes', () => {
    const step = fc.record({
      kind: fc.constantFrom('receipt', 'receipt', 'receipt', 'wipe', 'send', 'drop'),
      pack: fc.nat(PACKS - 1),
      index: fc.nat(5),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const progress = fresh();
        const live = Array.from({ length: PACKS }, () => new Set<number>());
        for (const { kind, pack, index } of steps) {
          const before = bar(progress);
          let fell = 0;
          if (kind === 'send' || kind === 'drop') progress.inFlight(pack, index, kind === 'send');
          else if (kind === 'receipt') {
            progress.receipt(pack, at(pack, index));
            live[pack]?.add(index);
          } else {
            const events = progress.revoke(pack, revoke(at(pack, index), wiped(at(pack, index))));
            live[pack]?.delete(index);
            for (const event of events) if (event.type === 'regression') fell += event.bytes;
          }
          const expected = live.reduce((sum, set, i) => sum + (set.size >= q ? 100 + i : 0), 0);
          expect(bar(progress)).toBe(expected);
          expect(Math.max(0, before - bar(progress))).toBe(fell);
          const view = progress.view();
          expect(view.recoverable).toBe(live.reduce((sum, set, i) => sum + (set.size >= k ? 100 + i : 0), 0));
          expect(view.inFlight).toBeLessThanOrEqual(view.total - bar(progress));
        }
      }),
      { numRuns: 60 },
    );
  });

  it('P4: after the seal damage is health, never progress; P5: only a verified certificate seals', () => {
    const progress = fresh();
    for (let pack = 0; pack < PACKS; pack++) for (let i = 0; i < q; i++) progress.receipt(pack, at(pack, i));
    expect(progress.view()).toMatchObject({ certified: 201, reused: 102, total: 303, sealed: false });
    const facts = { blobId: sha256(utf8('b')), totalBytes: 303, packCertificates: [], leaseEnd: 9 };
    const signatures = signers.map((s) => ({ node: s.publicKey, signature: signBlob(facts, committee, s) }));
    progress.seal(verifyBlobCertificate({ ...facts, signatures }, committee));
    const [event] = progress.revoke(1, revoke(at(1, 0), wiped(at(1, 0))));
    expect(event).toMatchObject({ type: 'health', live: 4 });
    expect(progress.view()).toMatchObject({ certified: 201, sealed: true, health: 4 });
  });

  it('evidence that does not speak of the receipt voids nothing', () => {
    const receipt = at(0, 0);
    const signer = signerOf(receipt);
    const facts = {
      networkId: committee.networkId,
      nodeId: receipt.nodeId,
      nonce: new Uint8Array(32),
      nextSeq: 4,
    };
    const alive = signHello({ ...facts, boots: [{ bootId: BOOT, firstSeq: 0 }] }, signer);
    const cut = signHello({ ...facts, nextSeq: 3, boots: [{ bootId: BOOT, firstSeq: 0 }] }, signer);
    const forged = { ...cut, signature: alive.signature };
    const stone = {
      networkId: committee.networkId,
      nodeId: receipt.nodeId,
      packId: receipt.shard.packId,
      index: 0,
    };
    expect(() => revoke(receipt, { cause: 'lost-ack', hello: alive })).toThrow(/evidence/);
    expect(() => revoke(receipt, { cause: 'lost-ack', hello: forged })).toThrow(/evidence/);
    expect(() => revoke(receipt, wiped(at(0, 1)))).toThrow(/evidence/);
    expect(() => revoke(receipt, { cause: 'epoch-moved', epoch: 19 })).toThrow(/evidence/);
    expect(() =>
      revoke(receipt, { cause: 'tombstone', tombstone: signTombstone({ ...stone, index: 1 }, signer) }),
    ).toThrow();
    expect(revoke(receipt, { cause: 'lost-ack', hello: cut })).toBeDefined();
    expect(revoke(receipt, { cause: 'tombstone', tombstone: signTombstone(stone, signer) })).toBeDefined();
    expect(revoke(receipt, { cause: 'epoch-moved', epoch: 20 })).toBeDefined();
  });
});

const bar = (progress: Progress): number => progress.view().certified + progress.view().reused;
