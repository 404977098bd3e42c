/** Content-defined cut points by a gear hash, for files whose format we do not know: 1 MiB on average, 0.25 to 4. */
import { REACH } from './gear.ts';
import type { Scan, Span } from './scan.ts';
import type { ByteSource } from './source.ts';

const MIN = 256 * 1_024;
const MAX = 4 * 1_048_576;
const READ = 4 * 1_048_576;
/** End offsets of the chunks of `source`. */
export async function contentCuts(source: ByteSource, scan: Scan): Promise<number[]> {
  const spans: Span[] = [];
  for (let base = 0; base < source.size; base += READ) {
    // A block is read from a little before it, because its first hashes reach back.
    spans.push({ start: Math.max(0, base - REACH), end: Math.min(base + READ, source.size) });
  }
  const ends: number[] = [];
  let start = 0;
  const cutAt = (end: number): void => {
    for (; end - start > MAX; start += MAX) ends.push(start + MAX);
    if (end - start < MIN) return;
    ends.push(end);
    start = end;
  };
  let block = 0;
  for await (const candidates of scan(source, spans, (passes, bytes) => passes.cutCandidates(bytes))) {
    const { start: from } = spans[block] as Span;
    // What lies before the block was the last block's to find.
    const seen = block++ === 0 ? 0 : REACH;
    for (const end of candidates) if (end > seen) cutAt(from + end);
  }
  for (; source.size - start > MAX; start += MAX) ends.push(start + MAX);
  if (start < source.size) ends.push(source.size);
  return ends;
}
