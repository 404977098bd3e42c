/** Finds what documents point at and is not there: relative links, and paths of the repository in code spans. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** `docs/x.md:12: path`, for each broken reference in the files. */
export function brokenLinks(files: readonly string[]): string[] {
  return files.flatMap((file) =>
    readFileSync(file, 'utf8')
      .split('\n')
      .flatMap((line, i) => referencesOf(line, file).map((path) => ({ path, at: `${file}:${i + 1}` })))
      .filter(({ path }) => !existsSync(path))
      .map(({ path, at }) => `${at}: ${path}`),
  );
}

const LINK = /\]\((?!https?:|#|mailto:)([^)#\s]+)(?:#[^)]*)?\)/g;
/** A path from the repository's root, such as `packages/log/src/note.ts`; patterns with braces or stars are prose. */
const PATH = /`((?:packages|examples|scripts|specs|vectors|docs|bench|sim)\/[\w./@-]+)`/g;

function referencesOf(line: string, file: string): string[] {
  const links = Array.from(line.matchAll(LINK), ([, target = '']) => join(dirname(file), target));
  const paths = Array.from(line.matchAll(PATH), ([, path = '']) => path);
  return [...links, ...paths];
}
