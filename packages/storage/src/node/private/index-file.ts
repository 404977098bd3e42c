/** The index of a private blob: names, sizes, and the ids of the chunks before encryption, from which their keys come. */
import { decodeCbor, encodeCbor } from '../../cbor.ts';
import { Shape } from '../../shape.ts';

/** Its name in the blob. The other files are called 0, 1, 2, … in its order. */
export const INDEX_FILE = 'private.index';

export interface PrivateFile {
  readonly path: string;
  /** Bytes before encryption. */
  readonly size: number;
  /** SHA-256 of each chunk before encryption, in order. */
  readonly chunks: readonly Uint8Array[];
}

const VERSION = 'ain.private.v1';

export function encodeIndex(files: readonly PrivateFile[]): Uint8Array {
  return encodeCbor([VERSION, files.map(({ path, size, chunks }) => [path, size, [...chunks]])]);
}

/** @throws FormatError `cbor` */
export function decodeIndex(bytes: Uint8Array): PrivateFile[] {
  const [version, files] = shape.array(decodeCbor(bytes), 2);
  if (version !== VERSION) throw shape.bad('the index is of another version');
  return shape.array(files).map((item) => {
    const [path, size, chunks] = shape.array(item, 3);
    const ids = shape.array(chunks).map((id) => shape.bytes(id, 32));
    return { path: shape.text(path), size: shape.uint(size), chunks: ids };
  });
}

const shape = new Shape('cbor', 'the index of a private blob');
