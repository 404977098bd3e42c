/** What is wrong after a story was killed and told to its end: in the telling, on the log's disk, in the log, in what was promised. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock, unixSeconds } from '@assay/core';
import { parsePolicy } from '@assay/log';
import { diskFiles, fsck, sqliteRowReadOnly } from '@assay/log/node';
import { type AuditReport, auditLog } from '@assay/verify';
import type { Ended } from '../../packages/cli/test/e2e/support/told-story.ts';
import { brokenPromises } from './promises.ts';

/** One line for each problem. */
export async function problemsOf(dir: string, ended: Ended): Promise<readonly string[]> {
  if (ended.code !== 0) return [`the story ended with ${ended.code}:\n${tail(ended.output)}`];
  const report = await auditOf(dir);
  const found = report.findings.filter(({ code }) => code !== 'diverged').map((finding) => finding.message);
  const stale = report.counts.has('diverged') ? [] : ['the audit does not name the stale node'];
  const promises = report.timeline === undefined ? [] : brokenPromises(dir, report.timeline);
  return [...(await fsckOf(dir)), ...found, ...stale, ...promises];
}

async function fsckOf(dir: string): Promise<string[]> {
  const folder = join(dir, 'state', 'log');
  const row = sqliteRowReadOnly(join(folder, 'log.db'));
  const { findings } = await fsck({ files: diskFiles(folder), row });
  await row.close();
  return findings.map(({ code, where, what }) => `fsck: ${code} at ${where}: ${what}`);
}

/** The audit of the public files alone: what any static server would hand out. */
function auditOf(dir: string): Promise<AuditReport> {
  const folder = join(dir, 'state', 'log', 'public');
  const read = async (path: string): Promise<Uint8Array | undefined> => {
    const file = join(folder, path);
    return existsSync(file) ? readFileSync(file) : undefined;
  };
  const policy = parsePolicy(readFileSync(join(dir, 'policy')));
  return auditLog({ read }, { policy, judgedAt: unixSeconds(systemClock) });
}

const tail = (text: string): string => text.trimEnd().split('\n').slice(-12).join('\n');
