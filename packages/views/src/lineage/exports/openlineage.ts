/** A scope as OpenLineage run events (spec 2-0-2), one JSON line each: a run per record, dispositions as OTHER events. */
import { hex, sha256, utf8 } from '@assay/core';
import type { AsOf } from '../as-of.ts';
import { reachRows, type ReachRow } from '../answers/reach.ts';
import { u32Column, type Column } from '../columns/column.ts';
import { servedWord } from './csv.ts';

export interface OpenLineageOptions {
  /** Namespace of jobs and datasets: the log's origin. */
  readonly namespace: string;
  /** URI of the program that makes the events. */
  readonly producer: string;
  /** How a tick is written: an ISO 8601 time with its zone. */
  readonly time: (tick: number) => string;
}

const EVENT_SCHEMA = 'https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent';
const FACET_SCHEMA = 'https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunFacet';

/**
 * Lines of JSON, each with its newline: for every record in scope a COMPLETE event whose job is the channel (or the
 * kind of act), whose inputs are what it was made from, and which carries `assay_served`; then, where its state is
 * not open, an OTHER event with `assay_disposition`.
 *
 * @throws LineageError `unknown-incident`
 */
export function* reachOpenLineage(
  prefix: AsOf,
  incident: string,
  options: OpenLineageOptions,
): Generator<string> {
  const parents = u32Column();
  for (const row of reachRows(prefix, incident)) {
    const facets = { assay_served: facet(options, servedFacet(row)) };
    yield `${JSON.stringify(event(row, { type: 'COMPLETE', facets, inputs: inputsOf(prefix, row, parents), options }))}\n`;
    if (row.state === 'open') continue;
    const settled = { assay_disposition: facet(options, { incident, state: row.state }) };
    yield `${JSON.stringify(event(row, { type: 'OTHER', facets: settled, inputs: [], options }))}\n`;
  }
}

interface EventParts {
  readonly type: 'COMPLETE' | 'OTHER';
  readonly facets: object;
  readonly inputs: readonly string[];
  readonly options: OpenLineageOptions;
}

function event(row: ReachRow, { type, facets, inputs, options }: EventParts): object {
  const { namespace, producer, time } = options;
  const job = row.kind === 'output' ? row.channel : (row.type ?? row.kind);
  return {
    eventType: type,
    eventTime: time(row.at),
    producer,
    schemaURL: EVENT_SCHEMA,
    run: { runId: runId(row.record), facets },
    job: { namespace, name: job },
    inputs: inputs.map((record) => ({ namespace, name: record })),
    outputs: [{ namespace, name: row.record }],
  };
}

const facet = (options: OpenLineageOptions, fields: object): object => ({
  _producer: options.producer,
  _schemaURL: FACET_SCHEMA,
  ...fields,
});

function servedFacet(row: ReachRow): object {
  return {
    membership: row.membership,
    role: row.role,
    recorded: row.recorded,
    ...(row.served === null ? {} : { served: servedWord(row.served), verdict: row.verdict, node: row.node }),
    ...(row.served?.s === 'known' ? { grade: row.served.grade } : {}),
  };
}

function inputsOf(prefix: AsOf, row: ReachRow, parents: Column<Uint32Array>): readonly string[] {
  const { records, edges } = prefix.ledger;
  parents.length = 0;
  edges.pushParents(records.find(row.record), prefix.known, parents);
  const inputs = new Set<string>();
  for (let i = 0; i < parents.length; i++) inputs.add(records.text(parents.at(i)));
  return [...inputs];
}

/** The record id as a UUID of version 8 (RFC 9562 §5.8): 122 bits of its SHA-256, the same for everybody. */
export function runId(record: string): string {
  const bytes = sha256(utf8(record)).slice(0, 16);
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
  const text = hex(bytes);
  return [text.slice(0, 8), text.slice(8, 12), text.slice(12, 16), text.slice(16, 20), text.slice(20)].join(
    '-',
  );
}
