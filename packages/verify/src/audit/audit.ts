/** Re-verifies a whole log from its bytes: every entry, tile, signature, witness and view root. */
import { nobleSecp256k1, type Secp256k1 } from '@assay/core/money';
import type { Checkpoint } from '@assay/log';
import type { Timeline } from '@assay/views';
import type { TrustMaterial } from '../trust.ts';
import { auditServed } from './served.ts';
import { type Finding, type FindingCode, Findings } from './finding.ts';
import { auditHead, type AuditedHead } from './head.ts';
import type { LogReader } from './log-reader.ts';
import { type AuditedMoney, auditMoney } from './money/audit-money.ts';
import type { MoneyAudit } from './money/money-audit.ts';
import { auditKnown, type KnownCheckpoint } from './other-heads.ts';
import { readEntries } from './read-entries.ts';
import { AuditedRecords } from './records.ts';
import { auditUpperTiles, settleLeaves } from './tree.ts';

export interface AuditOptions {
  /** Checkpoints from elsewhere, above all from the witnesses: without them a cut log and a whole one look alike. */
  readonly known?: readonly KnownCheckpoint[];
  /** False checks bytes, tree and witnesses alone: no statement is opened. */
  readonly statements?: boolean;
  /** Audits money as well: every charge against its output, its order, its batch and the chain. */
  readonly money?: MoneyAudit & {
    /** Recovers who signed; the native one is some twenty times faster. */
    readonly curve?: Secp256k1;
  };
  /** Told of entries verified so far. */
  readonly onProgress?: (done: number, total: number) => void;
}

export interface AuditReport {
  /** The checkpoint audited; undefined when the log has none of its own. */
  readonly head: AuditedHead | undefined;
  readonly findings: readonly Finding[];
  /** How many of each code; `findings` keeps the first hundred of each. */
  readonly counts: ReadonlyMap<FindingCode, number>;
  /** `clean`: everything verified. `finding`: something is wrong. `incomplete`: nothing is, but not all was understood. */
  readonly verdict: 'clean' | 'finding' | 'incomplete';
  /** Every record, folded: for asking further. Undefined when there was nothing to fold. */
  readonly timeline: Timeline | undefined;
  /** What money was audited; absent when it was not asked for, or the log is not whole. */
  readonly money?: AuditedMoney;
  /** Logged checkpoints and view roots that were verified. */
  readonly verified: { readonly entries: number; readonly checkpoints: number; readonly viewRoots: number };
}

/**
 * Audits a log. Nothing that the log's server says is believed; the trust material comes from the auditor.
 *
 * Never throws for what it finds. Rejects only when `reader` cannot say whether a file exists, or a chain what it holds.
 */
export async function auditLog(
  reader: LogReader,
  trust: TrustMaterial,
  options: AuditOptions = {},
): Promise<AuditReport> {
  const findings = new Findings();
  const head = await auditHead(reader, trust, findings);
  if (head === undefined) return reportOf(findings, undefined, undefined, 0);
  const curve = options.money === undefined ? undefined : (options.money.curve ?? nobleSecp256k1);
  const records = new AuditedRecords(trust, curve);
  const { entries, money } = await auditTree(reader, head.checkpoint, { trust, findings, records, options });
  return { ...reportOf(findings, head, records, entries), ...(money === undefined ? {} : { money }) };
}

interface Audit {
  readonly trust: TrustMaterial;
  readonly findings: Findings;
  readonly records: AuditedRecords;
  readonly options: AuditOptions;
}

/** Entries, tiles, and everything that must agree with them. Returns the number of entries read, and their money. */
async function auditTree(
  reader: LogReader,
  head: Checkpoint,
  { trust, findings, records, options }: Audit,
): Promise<{ readonly entries: number; readonly money: AuditedMoney | undefined }> {
  const read = await readEntries(reader, head.size, findings, (entry, index) => {
    if (options.statements !== false) records.add(entry, index);
    if (index % 256 === 255 || index === head.size - 1) options.onProgress?.(index + 1, head.size);
  });
  const leaves = settleLeaves(read, head, findings);
  if (leaves !== undefined) await auditUpperTiles(reader, leaves, findings);
  const altered = new Set(findings.has('entry-byte-flipped') ? read.differing.keys() : []);
  records.report(findings, head, leaves, altered);
  // Who served what, and who owes what, can be told only from a log that is whole and unaltered.
  const isWhole = leaves !== undefined && altered.size === 0;
  if (isWhole) auditServed(records.timeline, findings);
  const money = isWhole ? await moneyOf(records, findings, options) : undefined;
  await auditKnown(options.known ?? [], { reader, head, leaves }, { policy: trust.policy, findings });
  return { entries: read.leaves.size, money };
}

async function moneyOf(
  { money, timeline }: AuditedRecords,
  findings: Findings,
  { money: audit }: AuditOptions,
): Promise<AuditedMoney | undefined> {
  if (money === undefined || audit === undefined) return undefined;
  return auditMoney(money, timeline, { findings, audit });
}

function reportOf(
  findings: Findings,
  head: AuditedHead | undefined,
  records: AuditedRecords | undefined,
  entries: number,
): Omit<AuditReport, 'money'> {
  const { checkpoints, viewRoots } = records?.counts ?? { checkpoints: 0, viewRoots: 0 };
  return {
    head,
    findings: findings.all,
    counts: findings.counts,
    verdict: findings.verdict,
    timeline: records?.timeline,
    verified: { entries, checkpoints, viewRoots },
  };
}
