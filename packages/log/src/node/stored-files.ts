/** Reading tiles and bundles back from disk, where a partial one may have given way to the full one. */
import { decodeBundle } from '../bundle.ts';
import { HASH_BYTES } from '../merkle.ts';
import { type BundleAddress, fullOf, type Tile, TILE_WIDTH } from '../tile.ts';
import { LogError } from './log-error.ts';
import type { LogFiles } from './log-files.ts';
import { corrupt, publicBundlePath, publicTilePath } from './public-files.ts';

/** The file that now holds a tile or bundle: its own, or the full one that replaced it (tlog-tiles, "Partial Tiles"). */
export async function presentPath(files: LogFiles, path: string, fullPath: string): Promise<string> {
  return path === fullPath || (await files.read(path)) === undefined ? fullPath : path;
}

/** The hashes of a tile at its width. @throws LogError `missing` | `corrupt` */
export async function readTile(files: LogFiles, tile: Tile): Promise<Uint8Array> {
  const path = await presentPath(files, publicTilePath(tile), publicTilePath(fullOf(tile)));
  const bytes = await mustRead(files, path);
  if (bytes.length < tile.width * HASH_BYTES || bytes.length % HASH_BYTES !== 0) {
    throw corrupt(path, `a tile of ${tile.width} hashes does not have ${bytes.length} bytes`);
  }
  return bytes.subarray(0, tile.width * HASH_BYTES);
}

/** The entries of a bundle at its width. @throws LogError `missing` | `corrupt` */
export async function readBundle(files: LogFiles, bundle: BundleAddress): Promise<Uint8Array[]> {
  const fullPath = publicBundlePath(fullOf(bundle));
  const path = await presentPath(files, publicBundlePath(bundle), fullPath);
  const bytes = await mustRead(files, path);
  try {
    return decodeBundle(bytes, path === fullPath ? TILE_WIDTH : bundle.width).slice(0, bundle.width);
  } catch (cause) {
    throw new LogError('corrupt', { what: 'the bundle does not decode', where: path, cause });
  }
}

async function mustRead(files: LogFiles, path: string): Promise<Uint8Array> {
  const bytes = await files.read(path);
  if (bytes !== undefined) return bytes;
  throw new LogError('missing', {
    what: 'a file that the checkpoint covers is not there',
    where: path,
    fix: 'Restore it from a mirror.',
  });
}
