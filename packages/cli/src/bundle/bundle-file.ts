/** The bundle beside an exported scope: everything that ties the table to a witnessed log, in one JSON file. */
import type { Json } from '@assay/core';
import { CliError } from '../cli-error.ts';

/** An attestation of the scope root, as it stands in the log, with its proof. */
export interface BundledEntry {
  /** Exact entry bytes, as text: an envelope is JSON. */
  readonly entry: string;
  /** A `.tlog-proof` file. */
  readonly proof: string;
}

/** The file, version 1. */
export interface BundleFile {
  readonly schema: 'assay.bundle/v1';
  readonly incident: string;
  readonly knownAt: number;
  readonly scopeRoot: string;
  /** `<node>:<version>` for every bad version leased and not drained. */
  readonly gaps: readonly string[];
  readonly file: { readonly name: string; readonly format: string; readonly sha256: string };
  readonly attestations: readonly BundledEntry[];
}

/** Reads a bundle. @throws CliError `unreadable-file` */
export function parseBundle(content: { readonly [key: string]: Json }, path: string): BundleFile {
  const { incident, knownAt, scopeRoot, gaps, file, attestations } = content as { [key: string]: unknown };
  const texts = (value: unknown, keys: readonly string[]): boolean =>
    typeof value === 'object' &&
    value !== null &&
    keys.every((key) => typeof (value as Record<string, unknown>)[key] === 'string');
  const whole =
    [incident, scopeRoot].every((id) => typeof id === 'string' && /^[0-9a-f]{64}$/.test(id)) &&
    Number.isSafeInteger(knownAt) &&
    Array.isArray(gaps) &&
    gaps.every((gap) => typeof gap === 'string') &&
    texts(file, ['name', 'format', 'sha256']) &&
    isPlainName((file as BundleFile['file']).name) &&
    Array.isArray(attestations) &&
    attestations.every((each) => texts(each, ['entry', 'proof']));
  if (whole) return content as unknown as BundleFile;
  throw new CliError('unreadable-file', {
    what: 'the bundle lacks a field, or holds one of another type',
    where: path,
    fix: 'Write it again with "assay bundle".',
  });
}

/** A bundle comes from a stranger: it may name a file beside it, and no other. */
const isPlainName = (name: string): boolean => name !== '..' && !/[/\\\0]/.test(name);
