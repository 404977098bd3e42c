/** Tells what a file is by its content, never by its name. */
import { fromUtf8, type Json } from '@assay/core';
import { CliError } from '../cli-error.ts';
import { isDrillNote } from '../drill/drill-note.ts';
import { parseJsonBytes } from '../content/json-file.ts';

interface RawFile<Type extends string> {
  readonly type: Type;
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** A file for offline verification. */
export type OfflineFile =
  | RawFile<'entry'>
  | RawFile<'proof'>
  | RawFile<'checkpoint'>
  | RawFile<'drill'>
  | { readonly type: 'bundle'; readonly path: string; readonly content: { readonly [key: string]: Json } };

/** @throws CliError `unreadable-file` for what is none of them */
export function classify(path: string, bytes: Uint8Array): OfflineFile {
  const head = textOf(bytes);
  if (head.startsWith('c2sp.org/tlog-proof@v1\n')) return { type: 'proof', path, bytes };
  if (isDrillNote(head)) return { type: 'drill', path, bytes };
  if (/^[^\n]+\n\d+\n[A-Za-z0-9+/=]{44}\n/.test(head)) return { type: 'checkpoint', path, bytes };
  const content = head.trimStart().startsWith('{') ? parseJsonBytes(bytes, path) : null;
  if (isObject(content) && 'payloadType' in content) return { type: 'entry', path, bytes };
  if (isObject(content) && content['schema'] === 'assay.bundle/v1') return { type: 'bundle', path, content };
  throw new CliError('unreadable-file', {
    what: 'this is no log entry, .tlog-proof, checkpoint, bundle or drill',
    where: path,
    fix: 'Give files that "assay log entry", "assay log proof", "assay bundle" or "assay drill" wrote.',
  });
}

const isObject = (value: Json): value is { readonly [key: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function textOf(bytes: Uint8Array): string {
  // What is not UTF-8 is none of our files, and is told as such by the caller's last branch.
  return bytes.every((byte) => byte < 0x80) ? fromUtf8(bytes) : new TextDecoder().decode(bytes);
}
