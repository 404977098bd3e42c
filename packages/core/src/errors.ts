/** What every Assay error says: which rule broke (code), what was wrong, and what to do next. */
export interface ErrorDetail {
  /** What was wrong, with the offending value in human units. */
  readonly what: string;
  /** Where it was: a field path, a file, an index, a URL. */
  readonly where?: string;
  /** The next step for the person or program that caused it. */
  readonly fix?: string;
  readonly cause?: unknown;
}

/**
 * Base of all typed errors. Each family is one subclass with a closed union of codes, so that callers can
 * switch over `code` and the compiler can tell them what they forgot.
 *
 * @example
 * ```ts
 * export class NoteError extends AssayError<'malformed' | 'unknown-key'> {}
 * throw new NoteError('malformed', { what: 'a note must end in a newline', where: 'byte 117' });
 * // NoteError[malformed]: a note must end in a newline (at byte 117).
 * ```
 */
export abstract class AssayError<Code extends string = string> extends Error {
  readonly code: Code;
  readonly what: string;
  readonly where: string | undefined;
  readonly fix: string | undefined;

  constructor(code: Code, detail: ErrorDetail) {
    super('', detail.cause === undefined ? undefined : { cause: detail.cause });
    this.name = new.target.name;
    this.code = code;
    this.what = detail.what;
    this.where = detail.where;
    this.fix = detail.fix;
    const place = detail.where === undefined ? '' : ` (at ${detail.where})`;
    const next = detail.fix === undefined ? '' : ` ${detail.fix}`;
    this.message = `${this.name}[${code}]: ${detail.what}${place}.${next}`;
  }

  /** The form that surfaces print under `--json` and services send in a body. */
  toJSON(): { error: string; code: Code; what: string; where?: string; fix?: string } {
    return {
      error: this.name,
      code: this.code,
      what: this.what,
      ...(this.where === undefined ? {} : { where: this.where }),
      ...(this.fix === undefined ? {} : { fix: this.fix }),
    };
  }
}

/** Bytes, text or JSON that break their encoding's rules. */
export class EncodingError extends AssayError<
  | 'base64'
  | 'hex'
  | 'utf8'
  | 'json'
  | 'duplicate-key'
  | 'unsafe-integer'
  | 'lone-surrogate'
  | 'undefined'
  | 'range'
> {}
