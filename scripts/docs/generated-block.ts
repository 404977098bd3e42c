/** Blocks of a Markdown file that a script writes: everything between two marker comments of one name. */
import { AssayError } from '@assay/core';

/** A document whose markers are not where they must be. */
export class BlockError extends AssayError<'marker'> {}

/** `text` with the block called `name` replaced. @throws BlockError `marker` */
export function withBlock(text: string, name: string, content: string): string {
  const begin = `<!-- generated: ${name} -->`;
  const end = `<!-- end: ${name} -->`;
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  if (from < 0 || to < from) {
    throw new BlockError('marker', {
      what: `the document has no block "${name}"`,
      fix: `Write ${begin} and ${end} where it belongs.`,
    });
  }
  return `${text.slice(0, from + begin.length)}\n\n${content}\n\n${text.slice(to)}`;
}
