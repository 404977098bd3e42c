/** Random lives of a log against a model that is a list: appends, batches, publications, crashes, restarts. */
import { equal, utf8 } from '@assay/core';
import { leafHash, parseTlogProof, rootFromLeaves, verifyInclusion } from '@assay/log';
import { fsck, type Log, type LogOptions, openLog } from '@assay/log/node';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Aftermath, AFTERMATHS, FaultDisk } from '../faults/fault-disk.ts';
import { describeEntry, ed25519, ORIGIN, request, testClock } from './support.ts';

type Command =
  | { readonly do: 'append'; readonly texts: readonly string[] }
  | { readonly do: 'publish' }
  | { readonly do: 'restart'; readonly after: Aftermath };

const commands: fc.Arbitrary<Command[]> = fc.array(
  fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        do: fc.constant('append' as const),
        texts: fc.array(fc.stringMatching(/^[a-z]{1,3}$/), { minLength: 1, maxLength: 90 }),
      }),
    },
    { weight: 2, arbitrary: fc.constant({ do: 'publish' as const }) },
    {
      weight: 1,
      arbitrary: fc.record({ do: fc.constant('restart' as const), after: fc.constantFrom(...AFTERMATHS) }),
    },
  ),
  { maxLength: 25 },
);

const optionsOn = (disk: FaultDisk, segmentBytes: number): LogOptions => ({
  origin: ORIGIN,
  ed25519,
  files: disk,
  row: disk.row(),
  clock: testClock(),
  describe: describeEntry,
  segmentBytes,
});

/** What the log should hold: every text once, in the order it first came. */
class Model {
  readonly texts: string[] = [];

  append(text: string): { index: number; isDuplicate: boolean } {
    const index = this.texts.indexOf(text);
    if (index >= 0) return { index, isDuplicate: true };
    return { index: this.texts.push(text) - 1, isDuplicate: false };
  }

  root(size = this.texts.length): Uint8Array {
    return rootFromLeaves(this.texts.slice(0, size).map((text) => leafHash(utf8(text))));
  }
}

async function mustAgree(log: Log, model: Model): Promise<void> {
  expect(log.size).toBe(model.texts.length);
  expect(equal(log.newest.root, model.root())).toBe(true);
  for (const index of [0, log.size >> 1, log.size - 1].filter((i) => i >= 0 && i < log.size)) {
    const proof = parseTlogProof(await log.proofFor(index, log.newest.note));
    const leaf = leafHash(utf8(model.texts[index] as string));
    verifyInclusion({ leafHash: leaf, index, size: log.size, root: model.root(), proof: proof.hashes });
  }
}

describe('a log is a list', () => {
  it('whatever its life: indices, roots, proofs and files are those of the list', async () => {
    await fc.assert(
      fc.asyncProperty(commands, fc.constantFrom(200, 2_000, 1e9), async (life, segmentBytes) => {
        const model = new Model();
        let disk = new FaultDisk();
        let log = await openLog(optionsOn(disk, segmentBytes));
        for (const command of life) {
          if (command.do === 'append') {
            const appended = await log.appendBatch(command.texts.map(request));
            expect(appended).toMatchObject(command.texts.map((text) => model.append(text)));
          } else if (command.do === 'publish') {
            await log.publish(log.signForPublication().note);
          } else {
            await log.settled();
            disk = disk.after(command.after);
            log = await openLog(optionsOn(disk, segmentBytes));
          }
          await mustAgree(log, model);
        }
        await log.settled();
        expect((await fsck({ files: disk, row: disk.row() })).findings).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });
});
