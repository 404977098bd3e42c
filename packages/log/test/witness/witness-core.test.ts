import { concat, ed25519Signer, fromUtf8, utf8 } from '@assay/core';
import { describe, expect, it } from 'vitest';
import {
  cosign,
  ed25519NoteSigner,
  emptyRoot,
  formatNote,
  noteVerifier,
  parseNote,
  parseSignatureLine,
  signNote,
  verifyCosignature,
} from '../../src/index.ts';
import {
  formatAddCheckpoint,
  openWitnessStore,
  originHash,
  parseAddCheckpoint,
  WitnessError,
} from '../../src/node/witness-index.ts';
import { logKey, ORIGIN, witness as otherKey } from '../pure/keys.ts';
import { flip } from '../pure/tree.ts';
import { checkpointOf, cosigner, openWitness, request, temporary, tree } from './scene.ts';

describe('tlog-witness, add-checkpoint: each status', () => {
  it('200: the first checkpoint, and each consistent one after it, is cosigned at the time of the witness', () => {
    using directory = temporary();
    using opened = openWitness(directory.path);
    for (const [oldSize, size] of [
      [0, 1],
      [1, 7],
      [7, 256],
      [256, 257],
      [257, 400],
    ] as const) {
      opened.clock.now += 1;
      const reply = opened.witness.addCheckpoint(request(oldSize, size));
      expect(reply.status).toBe(200);
      const note = parseNote(concat(checkpointOf(size), utf8(reply.body)));
      expect(verifyCosignature(note, noteVerifier(cosigner.key)).timestamp).toBe(opened.clock.now);
    }
  });

  it('200: the same size again refreshes the timestamp', () => {
    using directory = temporary();
    using opened = openWitness(directory.path);
    opened.witness.addCheckpoint(request(0, 9));
    opened.clock.now += 3_600;
    const reply = opened.witness.addCheckpoint(request(9, 9));
    expect(reply.status).toBe(200);
    const note = opened.witness.checkpoint(originHash(ORIGIN)) as Uint8Array;
    expect(verifyCosignature(parseNote(note), noteVerifier(cosigner.key)).timestamp).toBe(opened.clock.now);
  });

  it('200: an empty tree, with the root of the empty tree', () => {
    using directory = temporary();
    using opened = openWitness(directory.path);
    const empty = (root: Uint8Array) =>
      formatAddCheckpoint({ oldSize: 0, proof: [], checkpoint: checkpointOf(0, root) });
    expect(opened.witness.addCheckpoint(empty(tree.root(1))).status).toBe(422);
    expect(opened.witness.addCheckpoint(empty(emptyRoot())).status).toBe(200);
    expect(opened.witness.addCheckpoint(request(0, 5)).status).toBe(200);
  });

  it.each([
    ['no empty line', 'old 0\n'],
    ['no old line', fromUtf8(request(0, 5)).replace('old 0', 'size 0')],
    ['a leading zero', fromUtf8(request(0, 5)).replace('old 0', 'old 00')],
    ['a negative size', fromUtf8(request(0, 5)).replace('old 0', 'old -1')],
    ['a size that is no safe integer', fromUtf8(request(0, 5)).replace('old 0', 'old 9007199254740992')],
    ['a proof line that is not base64', fromUtf8(request(3, 5)).replace('old 3\n', 'old 3\n####\n')],
    ['a short proof line', fromUtf8(request(3, 5)).replace('old 3\n', 'old 3\nAAAA\n')],
    [
      '64 proof lines',
      fromUtf8(request(3, 5)).replace(
        'old 3\n',
        `old 3\n${'47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n'.repeat(64)}`,
      ),
    ],
    ['no checkpoint', 'old 0\n\n'],
    ['a note that is no checkpoint', `old 0\n\n${fromUtf8(formatNote(signNote('hello\n', [logKey], 0)))}`],
    ['an old size over the checkpoint’s', fromUtf8(request(5, 5)).replace('old 5', 'old 6')],
  ])('400: %s', (_, body) => {
    using directory = temporary();
    using opened = openWitness(directory.path);
    expect(opened.witness.addCheckpoint(utf8(body)).status).toBe(400);
    expect(opened.witness.checkpoint(originHash(ORIGIN))).toBeUndefined();
  });

  it('404: a log that is not witnessed here, however well signed', () => {
    using directory = temporary();
    using opened = openWitness(directory.path);
    const other = formatNote(
      signNote(
        `other.example\n5\n${fromUtf8(checkpointOf(5)).split('\n')[2]}\n`,
        [ed25519NoteSigner('other.example', ed25519Signer(new Uint8Array(32)))],
        0,
      ),
    );
    expect(
      opened.witness.addCheckpoint(formatAddCheckpoint({ oldSize: 0, proof: [], checkpoint: other })).status,
    ).toBe(404);
  });

  it('403: no signature of the log, or one that fails beside a good one', () => {
    using directory = temporary();
    using opened = openWitness(directory.path);
    const note = parseNote(checkpointOf(5));
    const bySomebody = { ...note, signatures: [parseSignatureLine(cosign(note, otherKey(2), 1).trimEnd())] };
    const send = (bent: typeof note) =>
      opened.witness.addCheckpoint(
        formatAddCheckpoint({ oldSize: 0, proof: [], checkpoint: formatNote(bent) }),
      ).status;
    expect(send(bySomebody)).toBe(403);
    const [good] = note.signatures;
    if (good === undefined) throw new Error('the log signs');
    expect(send({ ...note, signatures: [good, { ...good, blob: flip(good.blob, 9) }] })).toBe(403);
    expect(send({ ...note, signatures: [...bySomebody.signatures, good] })).toBe(200);
  });

  it('409: another old size than the latest, answered with the latest as text/x.tlog.size', () => {
    using directory = temporary();
    using opened = openWitness(directory.path);
    expect(opened.witness.addCheckpoint(request(3, 5))).toMatchObject({
      status: 409,
      contentType: 'text/x.tlog.size',
      body: '0\n',
    });
    opened.witness.addCheckpoint(request(0, 7));
    for (const [oldSize, size] of [
      [0, 9],
      [6, 9],
      [8, 9],
      [0, 3],
    ] as const) {
      expect(opened.witness.addCheckpoint(request(oldSize, size))).toMatchObject({
        status: 409,
        body: '7\n',
      });
    }
  });

  it('422: a proof that fails, one where none belongs, or another tree of the same size', () => {
    using directory = temporary();
    using opened = openWitness(directory.path);
    const send = (oldSize: number, proof: Uint8Array[], checkpoint: Uint8Array) =>
      opened.witness.addCheckpoint(formatAddCheckpoint({ oldSize, proof, checkpoint })).status;
    expect(send(0, [tree.root(1)], checkpointOf(7))).toBe(422);
    expect(opened.witness.addCheckpoint(request(0, 7)).status).toBe(200);
    const { proof } = parseAddCheckpoint(request(7, 20));
    expect(send(7, [], checkpointOf(20))).toBe(422);
    expect(send(7, proof.slice(1) as Uint8Array[], checkpointOf(20))).toBe(422);
    expect(send(7, proof as Uint8Array[], checkpointOf(20, tree.root(19)))).toBe(422);
    expect(send(7, [], checkpointOf(7, tree.root(6)))).toBe(422);
    expect(send(7, [tree.root(1)], checkpointOf(7))).toBe(422);
    expect(opened.witness.addCheckpoint(request(7, 20)).status).toBe(200);
  });

  it('503: a clock that went back; nothing is cosigned until it has caught up', () => {
    using directory = temporary();
    using opened = openWitness(directory.path);
    opened.witness.addCheckpoint(request(0, 7));
    opened.clock.now -= 1;
    expect(opened.witness.addCheckpoint(request(7, 8)).status).toBe(503);
    opened.clock.now += 1;
    expect(opened.witness.addCheckpoint(request(7, 8)).status).toBe(200);
    opened.clock.now = 0;
    expect(opened.witness.addCheckpoint(request(8, 8)).status).toBe(503);
  });
});

describe('tlog-witness, monitoring', () => {
  it('serves the latest checkpoint with the log’s signature and the witness’s own, and nobody else’s', () => {
    using directory = temporary();
    using opened = openWitness(directory.path);
    expect(opened.witness.checkpoint(originHash(ORIGIN))).toBeUndefined();
    const note = parseNote(checkpointOf(7));
    const crowded = concat(checkpointOf(7), utf8(cosign(note, otherKey(5), 1)));
    opened.witness.addCheckpoint(formatAddCheckpoint({ oldSize: 0, proof: [], checkpoint: crowded }));
    const served = parseNote(opened.witness.checkpoint(originHash(ORIGIN)) as Uint8Array);
    expect(served.signatures.map((signature) => signature.name)).toEqual([ORIGIN, cosigner.key.name]);
    expect(served.text).toBe(note.text);
  });
});

describe('a witness’s memory', () => {
  it('survives a restart', () => {
    using directory = temporary();
    {
      using opened = openWitness(directory.path);
      opened.witness.addCheckpoint(request(0, 7));
    }
    using again = openWitness(directory.path);
    expect(again.witness.addCheckpoint(request(0, 9))).toMatchObject({ status: 409, body: '7\n' });
    expect(again.witness.addCheckpoint(request(7, 9)).status).toBe(200);
  });

  it('belongs to one key', () => {
    using directory = temporary();
    const path = `${directory.path}/w.db`;
    openWitnessStore(path, ['a']).close();
    expect(() => openWitnessStore(path, ['b'])).toThrow(WitnessError);
    openWitnessStore(path, ['a']).close();
  });

  it('of two requests N and N+K over two connections, exactly one is cosigned, and the size never goes back', () => {
    using directory = temporary();
    using one = openWitness(directory.path);
    using two = openWitness(directory.path);
    let size = 0;
    for (let round = 0; round < 40; round++) {
      const [first, second] = round % 2 === 0 ? [one, two] : [two, one];
      const replies = [
        first.witness.addCheckpoint(request(size, size + 5)),
        second.witness.addCheckpoint(request(size, size + 2)),
      ];
      expect(replies.map((reply) => reply.status)).toEqual([200, 409]);
      size += 5;
      expect(replies[1]?.body).toBe(`${size}\n`);
    }
  });
});
