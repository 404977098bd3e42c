/** An upload in a process of its own: `node client.ts NETWORK.json FILE JOURNAL`. Prints `bar <bytes>` as it goes, then `done <peak RSS in bytes>`. */
import { randomBytes } from '@assay/core';
import { upload } from '@assay/storage';
import { openFileJournal, openFileSource } from '@assay/storage/node';
import { clientOf } from './ours.ts';
import { connect } from './networks.ts';
import { SETTINGS } from './threads.ts';

const [networkFile = '', path = '', journalPath = ''] = process.argv.slice(2);
await using network = connect(networkFile);
await using client = clientOf(network);
await using source = await openFileSource(path);
await using journal = await openFileJournal(journalPath);
let bar = -1;
await upload([{ path: 'model.safetensors', source }], {
  ...client.options,
  ...SETTINGS,
  randomBytes,
  journal,
  onEvent: (event) => {
    if (event.type !== 'progress' || event.view.certified === bar) return;
    bar = event.view.certified;
    process.stdout.write(`bar ${bar}\n`);
  },
});
process.stdout.write(`done ${process.resourceUsage().maxRSS * 1_024}\n`);
