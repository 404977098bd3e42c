/** What a command has to say: as data for programs, as lines for people, and as an exit code for scripts. */

/** 0 clean, 1 a finding, 2 cannot tell. */
export type Exit = 0 | 1 | 2;

/** A command's answer. */
export interface Report {
  readonly exit: Exit;
  /** Printed as one JSON document under `--json`. */
  readonly data: unknown;
  /** Printed otherwise, one line each, without newlines. May be long: it is pulled as it is printed. */
  readonly lines: Iterable<string> | AsyncIterable<string>;
}

/** A clean answer. */
export const clean = (data: unknown, lines: Report['lines']): Report => ({ exit: 0, data, lines });

/** A finding when `found` holds, else a clean answer. */
export const finding = (found: boolean, data: unknown, lines: Report['lines']): Report => ({
  exit: found ? 1 : 0,
  data,
  lines,
});

/** Prints a report. Maps and sets in `data` become objects and lists. */
export async function printReport(
  report: Report,
  out: { readonly json: boolean; readonly write: (text: string) => void },
): Promise<void> {
  if (out.json) {
    out.write(`${JSON.stringify(report.data, plain, 2)}\n`);
    return;
  }
  let held = '';
  for await (const line of report.lines) {
    held += `${line}\n`;
    if (held.length > 65_536) {
      out.write(held);
      held = '';
    }
  }
  out.write(held);
}

function plain(_: string, value: unknown): unknown {
  if (value instanceof Map) return Object.fromEntries(value);
  if (value instanceof Set || ArrayBuffer.isView(value)) return [...(value as Iterable<unknown>)];
  return value;
}
