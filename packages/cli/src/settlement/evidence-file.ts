/** Evidence of one order in a file, for whoever has to be shown it (specs/payments.md, "Evidence"). */
import { EncodingError, fromBase64, type Json, parseJson } from '@assay/core';
import type { Evidence } from '@assay/sdk';
import { CliError } from '../cli-error.ts';
import { readFileBytes } from '../content/read-file.ts';
import { writeFile } from '../content/write-file.ts';

const FORMAT = 'assay payment evidence 1';

/** What a judgement needs of it. */
export interface FiledEvidence {
  /** Exact bytes of the receipt's entry. */
  readonly entry: Uint8Array;
  /** The order as its payer signed it; nothing of it is checked. */
  readonly order: Json | undefined;
}

/** Writes it. @throws CliError `unwritable-file` */
export function writeEvidence(path: string, evidence: Evidence): void {
  writeFile(path, `${JSON.stringify({ format: FORMAT, ...evidence }, null, 2)}\n`);
}

/** The evidence in a file; undefined for a file of anything else. @throws CliError `unreadable-file` */
export function evidenceIn(path: string): FiledEvidence | undefined {
  const said = membersOf(jsonOf(readFileBytes(path)));
  if (said['format'] !== FORMAT) return undefined;
  const { entry } = membersOf(said['receipt']);
  if (typeof entry === 'string')
    return { entry: fromBase64(entry), order: membersOf(said['ordered'])['order'] };
  throw new CliError('unreadable-file', {
    what: 'it is evidence of an order that no receipt came for',
    where: path,
    fix: 'Only a receipt proves something against its node.',
  });
}

function jsonOf(bytes: Uint8Array): Json | undefined {
  try {
    return parseJson(bytes);
  } catch (error) {
    if (error instanceof EncodingError) return undefined;
    throw error;
  }
}

const membersOf = (value: Json | undefined): Readonly<Record<string, Json>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, Json>>)
    : {};
