/** A log's files over HTTP, as an audit reads them: nothing from the server is believed, only fetched. */
import type { LogReader } from '@assay/verify';
import { CliError } from '../cli-error.ts';

const TIMEOUT_MS = 30_000;
/** Tries of one file before the audit gives up: a server may be restarting. */
const TRIES = 3;

/** Reads below `url`. A file is missing only when the server says 404. */
export function httpLogReader(url: string): LogReader {
  const base = url.replace(/\/+$/, '');
  return { read: (path) => readFile(`${base}/${path}`) };
}

/** The body, or undefined for 404. @throws CliError `unreadable-file` for any other answer, or none */
export async function readFile(where: string): Promise<Uint8Array | undefined> {
  let last: unknown;
  for (let attempt = 0; attempt < TRIES; attempt++) {
    try {
      const response = await fetch(where, { signal: AbortSignal.timeout(TIMEOUT_MS) });
      if (response.status === 404) return undefined;
      if (response.ok) return new Uint8Array(await response.arrayBuffer());
      last = new Error(`the server answered ${response.status}`);
    } catch (cause) {
      last = cause;
    }
  }
  throw new CliError('unreadable-file', {
    what: `cannot be fetched: ${last instanceof Error ? last.message : String(last)}`,
    where,
    fix: 'Check the URL, and that the server is up.',
    cause: last,
  });
}
