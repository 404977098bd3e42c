/** Random access to bytes somebody else holds: a file, a buffer, a browser's Blob. */

export interface ByteSource {
  readonly size: number;
  /** Exactly `length` bytes from `offset`; both lie within `size`. */
  read(offset: number, length: number): Promise<Uint8Array>;
}

/** A source over bytes in memory. */
export function memorySource(bytes: Uint8Array): ByteSource {
  return {
    size: bytes.length,
    read: (offset, length) => Promise.resolve(bytes.subarray(offset, offset + length)),
  };
}
