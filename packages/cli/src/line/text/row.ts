/** One line of text, put together from cells, coloured only if asked. */

/** What a cell means; its colour follows from that. */
export type Style = 'plain' | 'bad' | 'good' | 'unknown' | 'open' | 'settled' | 'faint' | 'strong';

// Indexed colours that terminals map to their own theme; red and green never stand alone, the signs differ as well.
const CODES: Readonly<Record<Style, string>> = {
  plain: '',
  bad: '33',
  good: '34',
  unknown: '90',
  open: '31',
  settled: '32',
  faint: '90',
  strong: '1',
};

/** A row of cells of fixed width. */
export class Row {
  readonly #signs: string[];
  readonly #styles: Style[];

  constructor(width: number) {
    this.#signs = Array<string>(width).fill(' ');
    this.#styles = Array<Style>(width).fill('plain');
  }

  /** Writes `text` from column `at`; what falls outside is dropped. */
  put(at: number, text: string, style: Style = 'plain'): this {
    [...text].forEach((sign, i) => {
      if (at + i < 0 || at + i >= this.#signs.length) return;
      this.#signs[at + i] = sign;
      this.#styles[at + i] = style;
    });
    return this;
  }

  /** Whether the columns are still blank. */
  isBlank(at: number, width: number): boolean {
    return this.#signs.slice(Math.max(0, at), at + width).every((sign) => sign === ' ');
  }

  /** The line, without blanks at its end. */
  render(color: boolean): string {
    const text = this.#signs.join('').trimEnd();
    if (!color) return text;
    let out = '';
    let open: Style = 'plain';
    [...text].forEach((sign, i) => {
      const style = this.#styles[i] ?? 'plain';
      if (style !== open) out += `${CODES[open] === '' ? '' : '\u001B[0m'}${escape(style)}`;
      open = style;
      out += sign;
    });
    return `${out}${CODES[open] === '' ? '' : '\u001B[0m'}`;
  }
}

/** Breaks `text` into lines of at most `width` characters, at spaces where there are any. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ').flatMap((each) => pieces(each, width))) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = '';
    }
    line = line === '' ? word : `${line} ${word}`;
  }
  return line === '' ? lines : [...lines, line];
}

function pieces(word: string, width: number): string[] {
  const parts: string[] = [];
  for (let at = 0; at < word.length; at += width) parts.push(word.slice(at, at + width));
  return parts;
}

const escape = (style: Style): string => (CODES[style] === '' ? '' : `\u001B[${CODES[style]}m`);
