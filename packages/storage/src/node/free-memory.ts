/** Gives memory back at once: shards that wait for a collection of the heap make one every few shards, which costs more than they do. */

/** `bytes` are empty afterwards, and so is all else that lies in the same buffer: it must be the caller's alone. */
export function freeMemory({ buffer }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer) buffer.transfer(0);
}

/** The same for a piece that Node handed out, unless that lies in a slab with others. */
export function freePiece(piece: Uint8Array): void {
  if (piece.buffer.byteLength === piece.byteLength) freeMemory(piece);
}
