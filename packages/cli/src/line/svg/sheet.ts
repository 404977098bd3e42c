/** The page that the picture is drawn on: writes SVG elements, and remembers where every text came to stand. */

/** A rectangle in the picture's units. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** How a text is set. */
export interface TextStyle {
  readonly size: number;
  readonly anchor?: 'start' | 'middle' | 'end';
  readonly weight?: 400 | 600 | 700;
  readonly fill?: string;
  readonly mono?: boolean;
}

type Attributes = Readonly<Record<string, string | number | undefined>>;

/** Width of a character over its size, taken wide: the reader's font is not ours to choose. */
const ADVANCE = { 400: 0.58, 600: 0.64, 700: 0.66 } as const;

/** How wide `text` is at most. */
export const textWidth = (text: string, { size, weight = 400, mono = false }: TextStyle): number =>
  [...text].length * size * (mono ? 0.61 : ADVANCE[weight]);

/** Collects elements. */
export class Sheet {
  readonly width: number;
  readonly height: number;
  /** Boxes of all texts, in the order in which they were set. */
  readonly texts: (Box & { readonly text: string })[] = [];
  readonly #elements: string[] = [];

  constructor(width: number, height: number) {
    this.width = width;
    this.height = height;
  }

  /** Adds one element without children. */
  draw(name: string, attributes: Attributes): void {
    this.#elements.push(`<${name}${attributesText(attributes)}/>`);
  }

  /** Adds an element with a tooltip, which screen readers read as well. */
  drawTitled(name: string, attributes: Attributes, title: string): void {
    this.#elements.push(`<${name}${attributesText(attributes)}><title>${escapeXml(title)}</title></${name}>`);
  }

  /** Defines a hatching, to fill with as `url(#id)`. */
  hatch(id: string): void {
    this.#elements.push(
      `<defs><pattern id="${id}" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">` +
        '<rect width="5" height="5" fill="#eceff1"/><rect width="2" height="5" fill="#8a939c"/></pattern></defs>',
    );
  }

  /** Sets a text with its baseline at `y`. */
  text(x: number, y: number, text: string, style: TextStyle): void {
    const width = textWidth(text, style);
    const { size, anchor = 'start', weight = 400, fill = '#1b1f24', mono = false } = style;
    const left = anchor === 'start' ? x : anchor === 'middle' ? x - width / 2 : x - width;
    this.texts.push({ x: left, y: y - size * 0.8, width, height: size, text });
    const attributes = {
      x: round(x),
      y: round(y),
      'font-size': size,
      'text-anchor': anchor === 'start' ? undefined : anchor,
      'font-weight': weight === 400 ? undefined : weight,
      'font-family': mono ? MONO : undefined,
      fill,
    };
    this.#elements.push(`<text${attributesText(attributes)}>${escapeXml(text)}</text>`);
  }

  /** The whole document; it fetches nothing and runs nothing. */
  render(title: string, description: string): string {
    return [
      `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${this.width} ${this.height}" role="img"` +
        ` aria-labelledby="line-title line-desc" font-family="${SANS}">`,
      `<title id="line-title">${escapeXml(title)}</title>`,
      `<desc id="line-desc">${escapeXml(description)}</desc>`,
      ...this.#elements,
      '</svg>',
      '',
    ].join('\n');
  }
}

/** At most two decimals: finer than any screen. */
export const round = (value: number): number => Math.round(value * 100) / 100;

const SANS = "Inter, 'Segoe UI', 'Helvetica Neue', Arial, 'DejaVu Sans', sans-serif";
const MONO = "ui-monospace, 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace";

function attributesText(attributes: Attributes): string {
  return Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(
      ([name, value]) => ` ${name}="${escapeXml(String(typeof value === 'number' ? round(value) : value))}"`,
    )
    .join('');
}

// XML 1.0 has no form at all for most control characters, so they are shown as such.
const escapeXml = (text: string): string =>
  text
    // oxlint-disable-next-line no-control-regex -- exactly the characters that XML cannot carry
    .replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\uFFFD')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
