/** A scope as PROV-JSON (W3C member submission), one bundle per incident, in pieces of text that are never held together. */
import type { AsOf } from '../as-of.ts';
import { requireIncident } from '../answers/incident-terms.ts';
import { reachRows, type ReachRow } from '../answers/reach.ts';
import { scope, scopeIndex } from '../answers/scope.ts';
import { u32Column } from '../columns/column.ts';
import { servedWord } from './csv.ts';

export interface ProvOptions {
  /** Namespace of record, node and version names, ending in a separator. */
  readonly namespace: string;
  /** How a tick is written: an xsd:dateTime. */
  readonly time: (tick: number) => string;
}

type Entries = Iterable<readonly [name: string, value: unknown]>;

/**
 * Text of one JSON document: records are entities, nodes are agents, every derivation inside the scope is a
 * `wasDerivedFrom`, and an affected record is also invalidated by the incident's activity. Record time, membership
 * and state are attributes of our own, prefixed `assay:`.
 *
 * @throws LineageError `unknown-incident`
 */
export function* reachProv(prefix: AsOf, incident: string, options: ProvOptions): Generator<string> {
  const { state } = requireIncident(prefix, incident);
  const bundle = JSON.stringify(name('incident', incident));
  const described = {
    'prov:type': { $: 'prov:Bundle', type: 'prov:QUALIFIED_NAME' },
    'assay:knownAt': prefix.known,
  };
  yield `{"prefix":{"assay":${JSON.stringify(options.namespace)}},`;
  yield `"entity":{${bundle}:${JSON.stringify(described)}},"bundle":{${bundle}:{`;
  yield* section(
    'entity',
    map(reachRows(prefix, incident), (row) => [name('record', row.record), entity(row, options)]),
  );
  yield ',';
  yield* section('activity', [[name('recall', incident), { 'prov:startTime': options.time(state.t) }]]);
  yield ',';
  yield* section(
    'agent',
    map(nodesOf(prefix, incident), (node) => [name('node', node), { 'prov:type': 'prov:SoftwareAgent' }]),
  );
  yield ',';
  yield* section('wasAttributedTo', attributions(prefix, incident));
  yield ',';
  yield* section('wasDerivedFrom', derivations(prefix, incident));
  yield ',';
  yield* section('wasInvalidatedBy', invalidations(prefix, incident));
  yield '}}}\n';
}

// A local name of ours: any id becomes one by percent-encoding.
const name = (kind: string, id: string): string => `assay:${kind}/${encodeURIComponent(id)}`;

function entity(row: ReachRow, options: ProvOptions): unknown {
  return {
    'prov:type': row.type ?? row.kind,
    ...(row.kind === 'mentioned' ? {} : { 'prov:generatedAtTime': options.time(row.at) }),
    'assay:recorded': { $: String(row.recorded), type: 'xsd:unsignedLong' },
    'assay:membership': row.membership,
    'assay:role': row.role,
    'assay:state': row.state,
    ...(row.served === null ? {} : { 'assay:served': servedWord(row.served), 'assay:verdict': row.verdict }),
    ...(row.channel === '' ? {} : { 'assay:channel': row.channel }),
  };
}

function* section(kind: string, entries: Entries): Generator<string> {
  yield `"${kind}":{`;
  let comma = '';
  for (const [key, value] of entries) {
    yield `${comma}${JSON.stringify(key)}:${JSON.stringify(value)}`;
    comma = ',';
  }
  yield '}';
}

function* map<A, B>(items: Iterable<A>, of: (item: A) => B): Generator<B> {
  for (const item of items) yield of(item);
}

/** Nodes of the outputs in scope, each once. */
function nodesOf(prefix: AsOf, incident: string): ReadonlySet<string> {
  const nodes = new Set<string>();
  for (const row of reachRows(prefix, incident)) if (row.node !== '') nodes.add(row.node);
  return nodes;
}

function* attributions(prefix: AsOf, incident: string): Generator<readonly [string, unknown]> {
  let n = 0;
  for (const row of reachRows(prefix, incident)) {
    if (row.node === '') continue;
    yield [`_:a${n++}`, { 'prov:entity': name('record', row.record), 'prov:agent': name('node', row.node) }];
  }
}

/** Every derivation with both ends in scope, of which the witness paths are a part. */
function* derivations(prefix: AsOf, incident: string): Generator<readonly [string, unknown]> {
  const { edges, records } = prefix.ledger;
  const { affected, possible } = scope(prefix, incident);
  const index = scopeIndex(prefix, incident);
  const parents = u32Column();
  let n = 0;
  for (const ids of [affected.ids, possible.ids]) {
    for (const id of ids) {
      parents.length = 0;
      edges.pushParents(id, prefix.known, parents);
      for (let i = 0; i < parents.length; i++) {
        if (!index.has(parents.at(i))) continue;
        const used = name('record', records.text(parents.at(i)));
        yield [
          `_:d${n++}`,
          { 'prov:generatedEntity': name('record', records.text(id)), 'prov:usedEntity': used },
        ];
      }
    }
  }
}

function* invalidations(prefix: AsOf, incident: string): Generator<readonly [string, unknown]> {
  const { records } = prefix.ledger;
  let n = 0;
  for (const id of scope(prefix, incident).affected.ids) {
    const activity = name('recall', incident);
    yield [`_:i${n++}`, { 'prov:entity': name('record', records.text(id)), 'prov:activity': activity }];
  }
}
