/** A process that dies at one moment of add-checkpoint: `node killed-witness.ts DIRECTORY before|after OLD SIZE`. */
import { join } from 'node:path';
import { formatVkey, noteVerifier } from '../../src/index.ts';
import { createWitness, openWitnessStore, type WitnessStore } from '../../src/node/witness-index.ts';
import { logKey } from '../pure/keys.ts';
import { cosigner, request } from './scene.ts';

const [directory = '', moment, oldSize, size] = process.argv.slice(2);
const real = openWitnessStore(join(directory, 'w.db'), [formatVkey(cosigner.key)]);
const die = (): void => {
  process.kill(process.pid, 'SIGKILL');
};
const store: WitnessStore = {
  advance: (origin, decide) => {
    const next = real.advance(origin, (latest) => {
      const decided = decide(latest);
      // The row is decided and not yet written: the transaction is open.
      if (moment === 'before') die();
      return decided;
    });
    // Durable, and nobody has heard of it.
    if (moment === 'after') die();
    return next;
  },
  byOriginHash: (hash) => real.byOriginHash(hash),
  close: () => real.close(),
};
const witness = createWitness({
  signers: [cosigner],
  logs: [noteVerifier(logKey.key)],
  store,
  now: () => 1_700_000_000,
});
process.stdout.write(`${witness.addCheckpoint(request(Number(oldSize), Number(size))).status}\n`);
