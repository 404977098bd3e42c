/** The body of a batch: entries as in a C2SP entry bundle, but any number of them. */
import { GROUP_ENTRIES } from '@assay/log/node';
import { LogServerError } from './server-error.ts';

/** The entries, as views into `body`. @throws LogServerError `request` | `too-large` */
export function splitBatch(body: Uint8Array): Uint8Array[] {
  const entries: Uint8Array[] = [];
  for (let at = 0; at < body.length;) {
    const length = at + 2 <= body.length ? ((body[at] as number) << 8) | (body[at + 1] as number) : Infinity;
    if (at + 2 + length > body.length) {
      throw new LogServerError('request', {
        what: `the batch ends inside entry ${entries.length}`,
        where: `byte ${at}`,
        fix: 'Write each entry as a big-endian uint16 length and its bytes.',
      });
    }
    entries.push(body.subarray(at + 2, at + 2 + length));
    at += 2 + length;
  }
  if (entries.length > GROUP_ENTRIES) {
    throw new LogServerError('too-large', { what: `a batch has at most ${GROUP_ENTRIES} entries` });
  }
  return entries;
}
