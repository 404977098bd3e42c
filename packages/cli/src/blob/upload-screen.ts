/** Shows an upload while it runs: at a terminal a bar that is drawn over, elsewhere a line now and then. */
import type { ProgressView, UploadEvent } from '@assay/storage';
import { barLine, safeBytes } from './bar.ts';
import { Rate } from './rate.ts';
import { wordsOf } from './upload-events.ts';

export interface ScreenOptions {
  readonly write: (text: string) => void;
  readonly isTerminal: boolean;
  readonly color: boolean;
  /** Milliseconds. */
  readonly now: () => number;
  /** Node names by hexadecimal key. */
  readonly names: ReadonlyMap<string, string>;
  readonly nameOf: (node: Uint8Array) => string;
}

const WIDTH = 40;
/** Between lines where nothing can be drawn over, in milliseconds. */
const LINE_EVERY_MS = 5_000;
const CLEAR_LINE = '\r\u001b[2K';

export class UploadScreen {
  readonly #options: ScreenOptions;
  readonly #rate = new Rate();
  readonly #away = new Map<string, string>();
  #view: ProgressView | undefined;
  #drawn = false;
  #nextLine = 0;
  #over = false;

  constructor(options: ScreenOptions) {
    this.#options = options;
  }

  /** Shows what changed, until the certificate is there. */
  see(event: UploadEvent): void {
    // Requests that end after the certificate are of no concern to anybody.
    if (this.#over) return;
    const { now, names, nameOf } = this.#options;
    if (event.type === 'sealed') return this.#end();
    if (event.type === 'node') this.#noteNode(nameOf(event.node), event.state);
    if (event.type === 'progress') {
      this.#view = event.view;
      this.#rate.note(now(), safeBytes(event.view));
    }
    for (const line of wordsOf(event, nameOf, names)) this.#say(line);
    this.#draw();
  }

  /** Leaves the last bar standing. */
  #end(): void {
    if (this.#drawn) this.#options.write('\n');
    this.#drawn = false;
    this.#over = true;
  }

  #noteNode(name: string, state: string): void {
    if (state === 'ready') this.#away.delete(name);
    else this.#away.set(name, state);
  }

  #say(line: string): void {
    this.#options.write(`${this.#drawn ? CLEAR_LINE : ''}${line}\n`);
    this.#drawn = false;
  }

  #draw(): void {
    const { write, isTerminal, color, now } = this.#options;
    if (this.#view === undefined) return;
    const line = `${barLine(this.#view, this.#rate.value, { width: WIDTH, color })}${this.#nodes()}`;
    if (isTerminal) {
      write(`${CLEAR_LINE}${line}`);
      this.#drawn = true;
    } else if (this.#view.sealed || now() >= this.#nextLine) {
      write(`${line}\n`);
      this.#nextLine = now() + LINE_EVERY_MS;
    }
  }

  #nodes(): string {
    const all = this.#options.names.size;
    const away = [...this.#away].map(([name, state]) => `${name} ${state}`);
    return ` · ${all - away.length} of ${all} nodes${away.length > 0 ? ` (${away.join(', ')})` : ''}`;
  }
}
