/** What the network promised before it was killed, held against the log that came of it. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LogRecord } from '@assay/core';
import type { Timeline } from '@assay/views';

type Receipt = LogRecord & { readonly kind: 'output.receipt' };

/** One line for each promise that was not kept. */
export function brokenPromises(dir: string, timeline: Timeline): string[] {
  const records = [...timeline.records()];
  return [
    ...lostActs(dir, timeline),
    ...lostReceipts(records, timeline),
    ...gaps(records),
    ...deliveredTwice(records),
  ];
}

/** The agent writes an act into its notebook once the log has taken it. */
function lostActs(dir: string, timeline: Timeline): string[] {
  const notebook = join(dir, 'state', 'agent', 'notebook.jsonl');
  if (!existsSync(notebook)) return [];
  const ids = readFileSync(notebook, 'utf8').split('\n').flatMap(idOf);
  return ids
    .filter((id) => timeline.record(id) === undefined)
    .map((id) => `act ${id} was logged and is gone`);
}

/** The last line may have been cut by the kill. */
function idOf(line: string): string[] {
  const [, id] = /^\{"id":"([0-9a-f]{64})"/.exec(line) ?? [];
  return id === undefined ? [] : [id];
}

/** An act names only receipts that the agent was given, and a receipt is given only once it is durable. */
function lostReceipts(records: readonly LogRecord[], timeline: Timeline): string[] {
  const used = records.flatMap((record) => (record.kind === 'act' ? record.predicate.uses : []));
  return used
    .filter((id) => timeline.record(id) === undefined)
    .map((id) => `record ${id} was answered with and never came to the log`);
}

/** Receipts of one stream are numbered from 0 without a gap, each naming the one before (PROTOCOL 5.1). */
function gaps(records: readonly LogRecord[]): string[] {
  const last = new Map<string, Receipt>();
  const broken: string[] = [];
  for (const record of records) {
    if (record.kind !== 'output.receipt') continue;
    const { stream, sequence, previous } = record.predicate;
    const before = last.get(stream);
    const due = before === undefined ? '0' : String(Number(before.predicate.sequence) + 1);
    if (sequence !== due || previous !== before?.id)
      broken.push(`stream ${stream} has ${sequence} where ${due} is due`);
    last.set(stream, record);
  }
  return broken;
}

/** A gateway says of at most one receipt per request that it was delivered (PROTOCOL 5.4). */
function deliveredTwice(records: readonly LogRecord[]): string[] {
  const requestOf = new Map(
    records.flatMap((record) =>
      record.kind === 'output.receipt'
        ? [[record.id, `${record.predicate.request.client} ${record.predicate.request.id}`] as const]
        : [],
    ),
  );
  const delivered = records.flatMap((record) =>
    record.kind === 'request.deliver' ? [requestOf.get(record.predicate.receipt) ?? record.id] : [],
  );
  const twice = delivered.filter((request, i) => delivered.indexOf(request) !== i);
  return twice.map((request) => `request ${request} was delivered with two receipts`);
}
