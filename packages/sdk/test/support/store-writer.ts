/** A process that keeps texts for ever and says each that is kept: `node store-writer.ts FILE NAME`, until somebody kills it. */
import { FileStore } from '../../src/node/index.ts';

const [, , path = '', name = ''] = process.argv;
const store = new FileStore(path);
for (let n = 0; ; n++) {
  await store.set(`${name} ${n}`, `text ${n}`);
  process.stdout.write(`${name} ${n}\n`);
}
