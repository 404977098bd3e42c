/** After a crash: puts right the partial tiles and bundles that were written and never synced. */
import { equal } from '@assay/core';
import { fullOf, newBundles, newTiles, type Tile, TILE_WIDTH } from '../tile.ts';
import type { LogFiles } from './log-files.ts';
import type { LogTree } from './log-tree.ts';
import { publicBundlePath, publicTilePath } from './public-files.ts';

/**
 * Goes over the tiles and bundles beyond `durableSize`, which a power cut may have torn. Where the full one is there its
 * partial forerunners are removed; at the right edge, whatever widths are there get their bytes again.
 */
export async function renewPartials(files: LogFiles, tree: LogTree, durableSize: number): Promise<void> {
  const obsolete: string[] = [];
  for (const stored of storedBeyond(tree, durableSize)) {
    const names = await files.list(stored.directory);
    if (names.length > 0 && stored.isObsolete) obsolete.push(stored.directory);
    else for (const name of names) await renew(files, stored, name);
  }
  await files.remove(obsolete);
}

interface Partials {
  /** Where the partial ones of a tile or bundle are. */
  readonly directory: string;
  /** Whether none of them is needed any more. */
  readonly isObsolete: boolean;
  readonly bytes: (width: number) => Promise<Uint8Array>;
}

function* storedBeyond(tree: LogTree, durableSize: number): Generator<Partials> {
  for (const tile of newTiles(durableSize, tree.size)) {
    const bytes = (width: number): Promise<Uint8Array> => tree.tile({ ...tile, width });
    yield {
      directory: `${publicTilePath(fullOf(tile))}.p`,
      isObsolete: isObsolete(tile, durableSize),
      bytes,
    };
  }
  for (const bundle of newBundles(durableSize, tree.size)) {
    const bytes = (width: number): Promise<Uint8Array> => tree.bundle({ ...bundle, width });
    const obsolete = isObsolete({ ...bundle, level: 0 }, durableSize);
    yield { directory: `${publicBundlePath(fullOf(bundle))}.p`, isObsolete: obsolete, bytes };
  }
}

/** Partials of the tile that holds the durable edge stay: until the next flush they are the only durable copy. */
function isObsolete({ level, index, width }: Tile, durableSize: number): boolean {
  const holdsEdge = Math.floor(durableSize / TILE_WIDTH ** (level + 1)) === index;
  return width === TILE_WIDTH && !holdsEdge;
}

async function renew(files: LogFiles, { directory, bytes }: Partials, name: string): Promise<void> {
  const path = `${directory}/${name}`;
  const right = await bytes(Number(name));
  const found = await files.read(path);
  if (found === undefined || !equal(found, right)) await files.replace(path, right);
}
