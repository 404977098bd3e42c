export { auditLog, type AuditOptions, type AuditReport } from './audit.ts';
export { Finding, FINDING_CODES, type FindingCode, FINDINGS_KEPT, INCONCLUSIVE, NOTICES } from './finding.ts';
export { type AuditedHead } from './head.ts';
export { type LogReader } from './log-reader.ts';
export { type KnownCheckpoint } from './other-heads.ts';
export * from './money/index.ts';
