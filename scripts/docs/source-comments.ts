/** Reads the doc comments of the statement schemas: the sentences of the specification are written beside the code. */
import { readdirSync, readFileSync } from 'node:fs';

const FOLDER = new URL('../../packages/core/src/statements/', import.meta.url);

/** What the sources say of one exported schema. */
export interface Commented {
  readonly text: string;
  /** By the name of the member, wherever in the schema it stands. */
  readonly members: ReadonlyMap<string, string>;
}

/** Comments by the name of the exported constant. */
export function sourceComments(): ReadonlyMap<string, Commented> {
  const found = new Map<string, Commented>();
  for (const file of readdirSync(FOLDER).filter((name) => name.endsWith('.ts'))) {
    const source = readFileSync(new URL(file, FOLDER), 'utf8');
    for (const [, comment = '', name = '', body = ''] of source.matchAll(EXPORTED)) {
      found.set(name, { text: plain(comment), members: membersOf(body) });
    }
  }
  return found;
}

const EXPORTED = /\/\*\*((?:(?!\*\/)[^])*)\*\/\s*export const (\w+)\b((?:(?!\n\/\*\*)[^])*)/g;
const MEMBER = /\/\*\*((?:(?!\*\/)[^])*)\*\/\s*(\w+):/g;

function membersOf(body: string): ReadonlyMap<string, string> {
  return new Map(
    Array.from(body.matchAll(MEMBER), ([, comment = '', name = '']): [string, string] => [
      name,
      plain(comment),
    ]),
  );
}

const plain = (comment: string): string =>
  comment
    .replaceAll(/^\s*\*?/gm, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim();
