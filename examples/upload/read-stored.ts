/** The blob that a folder has certificates of. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/** The id of the one blob stored from `dir`. */
export function readStored(dir: string): string {
  const [file] = readdirSync(join(dir, 'custody'));
  if (file === undefined) throw new Error('nothing was stored');
  return file.replace(/\.cbor$/, '');
}
