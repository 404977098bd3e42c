/** The grade of evidence, computed from its signer and what is attached, never from what it says (PROTOCOL 2.2). */
import type { LogRecord } from '@assay/core';
import type { EvidenceSource } from '../lineage/records.ts';
import type { Registry } from '../registry/index.ts';

/**
 * `reexec` for a re-execution within tolerance by a registered verifier that is unrelated to the node, `client` for
 * the word of the client that asked, undefined for anybody else's: it stays in the log and weighs nothing.
 */
export function gradeOf(
  record: LogRecord & { kind: 'evidence' },
  registry: Registry,
): EvidenceSource | undefined {
  const output = registry.owners.get(record.predicate.output);
  if (output?.kind !== 'output.receipt') return undefined;
  if (isReexecution(record) && isUnrelatedVerifier(record.signer, output.signer, registry)) return 'reexec';
  return output.client === record.signer ? 'client' : undefined;
}

function isReexecution({ predicate }: LogRecord & { kind: 'evidence' }): boolean {
  const { reexecution } = predicate;
  return reexecution !== undefined && compareDecimals(reexecution.difference, reexecution.tolerance) <= 0;
}

function isUnrelatedVerifier(signer: string, node: string, registry: Registry): boolean {
  const verifier = registry.participants.get(signer);
  const operator = registry.participants.get(node)?.operator;
  return verifier?.roles.includes('verifier') === true && verifier.operator !== operator && signer !== node;
}

/** Orders two decimal strings exactly, as integers of 10^-18. */
function compareDecimals(a: string, b: string): number {
  const [x, y] = [scaled(a), scaled(b)];
  return x < y ? -1 : x > y ? 1 : 0;
}

function scaled(text: string): bigint {
  const negative = text.startsWith('-');
  const [whole = '0', fraction = ''] = text.replace('-', '').split('.');
  const value = BigInt(whole + fraction.padEnd(18, '0'));
  return negative ? -value : value;
}
