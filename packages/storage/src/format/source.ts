/** Random access to bytes somebody else holds: a file, a buffer, a browser's Blob. */

export interface ByteSource {
  readonly size: number;
  /** Exactly `length` bytes from `offset`; both lie within `size`. */
  read(offset: number, length: number): Promise<Uint8Array>;
  /** The same, straight into `out`: what saves a copy where the source can do it. */
  readInto?(offset: number, out: Uint8Array): Promise<void>;
}

/** Fills `out` with the source's bytes from `offset`. */
export async function readInto(source: ByteSource, offset: number, out: Uint8Array): Promise<void> {
  if (source.readInto !== undefined) return source.readInto(offset, out);
  out.set(await source.read(offset, out.length));
}

/** A source over bytes in memory. */
export function memorySource(bytes: Uint8Array): ByteSource {
  return {
    size: bytes.length,
    read: (offset, length) => Promise.resolve(bytes.subarray(offset, offset + length)),
  };
}
