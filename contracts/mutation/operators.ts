/** Small changes to Solidity source, each of which some test should notice. */

/** One change: where it is, what it says, and the whole source after it. */
export interface Mutant {
  readonly id: string;
  readonly what: string;
  readonly source: string;
}

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
  readonly operator: string;
}

const SWAPS: readonly (readonly [RegExp, string, string])[] = [
  [/(?<![<>=])<(?![<=>])/g, '<=', 'less'],
  [/(?<![<>])<=(?!=)/g, '<', 'at-most'],
  [/(?<![<>=-])>(?![>=])/g, '>=', 'greater'],
  [/(?<![<>])>=(?!=)/g, '>', 'at-least'],
  [/==/g, '!=', 'equal'],
  [/!=/g, '==', 'unequal'],
  [/&&/g, '||', 'and'],
  [/\|\|/g, '&&', 'or'],
  [/ \+ /g, ' - ', 'plus'],
  [/ - /g, ' + ', 'minus'],
  [/\+=/g, '-=', 'add'],
  [/-=/g, '+=', 'subtract'],
  [/ \* /g, ' + ', 'times'],
  [/>>=? (?=\d)/g, '<< ', 'shift'],
  [/\btrue\b/g, 'false', 'true'],
  [/\bfalse\b/g, 'true', 'false'],
  [/\b(nonReentrant|onlySettler)\b/g, '', 'modifier'],
  [/(?<=[(,&|] ?)!(?=[a-z])/g, '', 'not'],
];

/** A whole statement that is dropped: a guard, an event, an assignment, a call for its effect. */
const STATEMENT =
  /^[ ]{8,}(?:require\((?:[^;])*?\);|emit [^;]*;|delete [^;]*;|(?:\+\+)[\w.[\]]+;|[\w.[\]]+ [+-]?= [^;]*;|_?[a-z]\w*(?:\.\w+)?\([^;]*\);)/gm;

/**
 * Every mutant of a source, in order. Comments, imports and what stands outside of functions are left alone.
 *
 * @param name the source's name, for ids
 */
export function mutantsOf(name: string, source: string): Mutant[] {
  const code = blank(source);
  const edits: Edit[] = [];
  for (const [pattern, text, operator] of SWAPS) {
    for (const match of code.matchAll(pattern)) {
      edits.push({ start: match.index, end: match.index + match[0].length, text, operator });
    }
  }
  for (const match of code.matchAll(STATEMENT)) {
    const indent = /^ */.exec(match[0])?.[0].length ?? 0;
    edits.push({
      start: match.index + indent,
      end: match.index + match[0].length,
      text: '',
      operator: 'drop',
    });
  }
  edits.sort((a, b) => a.start - b.start || a.end - b.end);
  return edits.map((edit) => toMutant(name, source, edit));
}

function toMutant(name: string, source: string, edit: Edit): Mutant {
  const line = source.slice(0, edit.start).split('\n').length;
  const column = edit.start - source.lastIndexOf('\n', edit.start - 1);
  const before = source.slice(edit.start, edit.end).replaceAll(/\s+/g, ' ').trim();
  return {
    id: `${name}:${line}:${column}:${edit.operator}`,
    what: edit.text.trim() === '' ? `drop "${before}"` : `"${before}" to "${edit.text.trim()}"`,
    source: source.slice(0, edit.start) + edit.text + source.slice(edit.end),
  };
}

/** The source with everything that is not a function's header or body turned to spaces; positions stay. */
function blank(source: string): string {
  const bare = source.replaceAll(/\/\/[^\n]*|"[^"\n]*"/g, (text) => ' '.repeat(text.length));
  let depth = 0;
  let inFunction = false;
  let header = false;
  return bare
    .split('\n')
    .map((line) => {
      if (/^ {4}(function|constructor|modifier)\b/.test(line)) inFunction = header = true;
      const keep = inFunction;
      for (const character of line) {
        if (character === '{') depth++;
        if (character === '}') depth--;
      }
      if (header && line.includes('{')) header = false;
      if (inFunction && !header && depth <= 1) inFunction = false;
      if (/;\s*$/.test(line) && header) inFunction = header = false;
      return keep ? line : ' '.repeat(line.length);
    })
    .join('\n');
}
