/** Verifies a bundle offline: the table is what was exported, and others found the same scope in the witnessed log. */
import { join } from 'node:path';
import { fromUtf8, hex, sha256, utf8 } from '@assay/core';
import { parseTlogProof } from '@assay/log';
import { ReceiptError, type TrustMaterial, verifyLoggedEntry } from '@assay/verify';
import { CliError } from '../cli-error.ts';
import { readFileBytes } from '../content/read-file.ts';
import type { Checked } from '../verify/check-entries.ts';
import type { OfflineFile } from '../verify/classify.ts';
import { type BundledEntry, type BundleFile, parseBundle } from './bundle-file.ts';
import { csvScopeRoot } from './csv-scope.ts';

/** Whether a file is a bundle. */
export const isBundle = (file: OfflineFile): file is OfflineFile & { type: 'bundle' } =>
  file.type === 'bundle';

/**
 * Verifies one bundle.
 *
 * @param folder  where the table lies
 * @throws CliError `unreadable-file`
 */
export function verifyBundle(
  file: OfflineFile & { type: 'bundle' },
  folder: string,
  trust: TrustMaterial,
): Checked {
  const bundle = parseBundle(file.content, file.path);
  const table = join(folder, bundle.file.name);
  try {
    checkTable(bundle, table);
    const attested = bundle.attestations.map((each) => checkAttestation(bundle, each, trust));
    return told(file.path, bundle, attested);
  } catch (error) {
    const isFinding =
      error instanceof ReceiptError || (error instanceof CliError && error.code === 'mismatch');
    if (!isFinding) throw error;
    return {
      file: file.path,
      exit: 1,
      error: error.toJSON(),
      lines: [`${file.path}: NOT VERIFIED`, `  ${error.message}`],
    };
  }
}

function checkTable({ file, gaps, scopeRoot }: BundleFile, path: string): void {
  const bytes = readFileBytes(path);
  const digest = hex(sha256(bytes));
  if (digest !== file.sha256) {
    throw new CliError('mismatch', {
      what: `the file has the digest ${digest}, the bundle says ${file.sha256}`,
      where: path,
    });
  }
  if (file.format !== 'csv') return;
  const root = csvScopeRoot(fromUtf8(bytes), gaps, path);
  if (root === scopeRoot) return;
  throw new CliError('mismatch', {
    what: `the rows give the scope root ${root}, the bundle says ${scopeRoot}`,
    where: path,
  });
}

/** The operator key that attested. @throws ReceiptError, CliError `mismatch` */
function checkAttestation(bundle: BundleFile, { entry, proof }: BundledEntry, trust: TrustMaterial): string {
  const { statement } = verifyLoggedEntry(utf8(entry), parseTlogProof(utf8(proof)), trust);
  const { id, kind, signer } = statement;
  const agrees =
    statement.kind === 'scope.attest' &&
    statement.predicate.incident === bundle.incident &&
    statement.predicate.size === String(bundle.knownAt) &&
    statement.predicate.root === bundle.scopeRoot;
  if (agrees) return signer;
  throw new CliError('mismatch', { what: `record ${id} is a ${kind} that does not attest this scope root` });
}

function told(
  path: string,
  { file, incident, knownAt, scopeRoot }: BundleFile,
  signers: readonly string[],
): Checked {
  const keys = [...new Set(signers)];
  const facts = { file: path, incident, knownAt, scopeRoot, attestedBy: keys };
  const lines = [
    `${path}: ${file.name} is unchanged`,
    `  scope root ${scopeRoot} of ${incident}, log size ${knownAt}`,
  ];
  if (keys.length > 0) {
    return {
      ...facts,
      exit: 0,
      lines: [...lines, ...keys.map((key) => `  recomputed and logged by ${key}`)],
    };
  }
  const doubt = '  nobody attested this root in the log: recompute it with "assay reach --known-at"';
  return { ...facts, exit: 2, lines: [...lines, doubt] };
}
