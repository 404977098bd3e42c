/** Reads spans of a source in order, several ahead of the one being given out, and passes each over once. */
import type { Kernel } from '../codec/kernel.ts';
import { type BytePasses, passesOf } from '../codec/passes.ts';
import { pureKernel } from '../codec/pure.ts';
import { type ByteSource, readInto } from './source.ts';

/** Bytes [start, end) of a source. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Gives `pass` of every span, in order. */
export type Scan = <T>(
  source: ByteSource,
  spans: readonly Span[],
  pass: (passes: BytePasses, bytes: Uint8Array) => Promise<T>,
) => AsyncGenerator<T>;

/** Spans read at once: enough to keep two threads busy while a third is read. */
const AHEAD = 4;

/** A scan over a kernel's memory and threads; without a kernel that has threads, one span after another. */
export function scanner(kernel: Kernel = pureKernel()): Scan {
  const passes = passesOf(kernel);
  return async function* (source, spans, pass) {
    const one = async ({ start, end }: Span): ReturnType<typeof pass> => {
      if (kernel.passes === undefined) return pass(passes, await source.read(start, end - start));
      const slot = kernel.alloc(end - start);
      try {
        await readInto(source, start, slot);
        return await pass(passes, slot);
      } finally {
        kernel.free(slot);
      }
    };
    const running: ReturnType<typeof one>[] = [];
    for (let next = 0; next < spans.length || running.length > 0;) {
      while (next < spans.length && running.length < (kernel.passes === undefined ? 1 : AHEAD)) {
        const begun = one(spans[next++] as Span);
        // Its failure is met when its turn comes; until then it must not count as unhandled.
        begun.catch(() => undefined);
        running.push(begun);
      }
      yield await (running.shift() as ReturnType<typeof one>);
    }
  };
}
