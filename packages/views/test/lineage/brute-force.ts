/** A second implementation of the lineage answers, naive and straight from cases/README.md; shares no code with the index. */

/** A record or query exactly as a case file has it. */
export interface Raw {
  readonly [field: string]: unknown;
}

const GRADES: Readonly<Record<string, number>> = {
  self: 1,
  client: 1,
  quorum: 2,
  tee: 3,
  reexec: 3,
  proof: 4,
};
const TERMINAL = ['rerun_same', 'compensated', 'accepted', 'not_affected', 'superseded'];

const num = (record: Raw, field: string, fallback = 0): number =>
  (record[field] as number | undefined) ?? fallback;
const str = (record: Raw, field: string): string => record[field] as string;
const list = (record: Raw, field: string): readonly string[] => (record[field] as string[] | undefined) ?? [];

/** All answers as of one prefix: `records` are those the query sees, and nothing else. */
export class BruteForce {
  readonly #seen: readonly Raw[];

  constructor(records: readonly Raw[], known: number) {
    const visible = records.slice(0, known);
    const declares = (record: Raw): boolean => record['kind'] === 'output' || record['kind'] === 'act';
    // "An output or act whose id was seen before takes a position but is otherwise ignored."
    this.#seen = visible.filter(
      (record, i) =>
        !declares(record) ||
        !visible.slice(0, i).some((other) => declares(other) && other['id'] === record['id']),
    );
  }

  answer(query: Raw): unknown {
    const incident = str(query, 'incident');
    switch (query['op']) {
      case 'announced':
        return this.announced(str(query, 'channel'), num(query, 'at'), query['corrected'] === true);
      case 'served':
        return this.served(str(query, 'output'));
      case 'divergence':
        return this.divergence(str(query, 'output'), num(query, 'grace'));
      case 'scope':
        return this.scope(incident);
      case 'window':
        return this.window(incident);
      case 'disposition':
        return { state: this.state(incident, str(query, 'record')) };
      case 'effective':
        return { state: this.effective(incident).get(str(query, 'record')) };
      case 'balance':
        return this.balance(incident);
      default:
        return { ok: this.closable(incident) };
    }
  }

  #of(...kinds: string[]): readonly Raw[] {
    return this.#seen.filter((record) => kinds.includes(str(record, 'kind')));
  }

  #output(id: string): Raw | undefined {
    return this.#of('output').find((output) => output['id'] === id);
  }

  announced(channel: string, at: number, corrected = false): Readonly<Record<string, number>> {
    let best: { at: number; to: Readonly<Record<string, number>> } | undefined;
    for (const decision of this.#of('decision')) {
      if (decision['channel'] !== channel || decision['authorized'] === false) continue;
      const effective = num(decision, 'effective', num(decision, 't'));
      const acts = corrected ? effective : Math.max(effective, num(decision, 't'));
      if (acts > at || (best !== undefined && best.at > acts)) continue;
      best = { at: acts, to: decision['to'] as Record<string, number> };
    }
    return best?.to ?? {};
  }

  served(id: string): { v: string | null; s: string; among: string[] } {
    const trail: string[] = [];
    let maker = id;
    for (;;) {
      const source = this.#output(maker)?.['copyOf'];
      if (typeof source !== 'string') break;
      if (trail.includes(maker)) return { v: null, s: 'unknown', among: [] };
      trail.push(maker);
      maker = source;
    }
    const about = this.#of('evidence').filter((evidence) => evidence['output'] === maker);
    const top = Math.max(0, ...about.map((evidence) => GRADES[str(evidence, 'by')] as number));
    const said = about
      .filter((evidence) => GRADES[str(evidence, 'by')] === top)
      .map((e) => str(e, 'version'));
    const among = [...new Set(said)].sort();
    if (among.length === 0) return { v: null, s: 'unknown', among };
    if (among.length > 1) return { v: null, s: 'contested', among };
    return { v: among[0] as string, s: 'known', among };
  }

  divergence(id: string, grace: number): string {
    const output = this.#output(id);
    if (output === undefined) return 'unknown';
    if (typeof output['copyOf'] === 'string') return 'copy';
    const { v, s } = this.served(id);
    if (s !== 'known' || v === null) return s;
    if (typeof output['pin'] === 'string') return output['pin'] === v ? 'match' : 'diverged';
    const { lo, hi } = bracket(output);
    const hasWeight = (at: number): boolean => (this.announced(str(output, 'channel'), at)[v] ?? 0) > 0;
    if (moments(lo, hi).every(hasWeight)) return 'match';
    return moments(lo - grace, hi + grace).some(hasWeight) ? 'straddle' : 'diverged';
  }

  incident(id: string): Raw | undefined {
    const opened = this.#of('incident').find((incident) => incident['id'] === id);
    if (opened === undefined) return undefined;
    let terms: Raw = { ...opened };
    for (const amend of this.#of('amend')) {
      if (amend['incident'] === id) terms = { ...terms, ...(amend['set'] as object), t: opened['t'] ?? 0 };
    }
    return terms;
  }

  #isBad(incident: Raw, version: string | null): boolean {
    return version !== null && list(incident, 'versions').includes(version);
  }

  /** Whether an output is in the window by itself: wholly, partly (brackets only), or not at all. */
  #inWindow(incident: Raw, output: Raw): 'inside' | 'partly' | 'outside' {
    const { lo, hi } = bracket(output);
    const holds = (at: number): boolean =>
      num(incident, 'bad_from') <= at && at < ((incident['bad_to'] as number | null | undefined) ?? Infinity);
    if (Array.isArray(incident['nodes']) && !incident['nodes'].includes(output['node'])) return 'outside';
    const where = (incident['where'] as Raw[] | null | undefined) ?? [];
    if (!where.every((predicate) => satisfies(output, predicate))) return 'outside';
    const times = moments(lo, hi);
    if (times.every(holds)) return 'inside';
    return times.some(holds) ? 'partly' : 'outside';
  }

  #mayBeBad(incident: Raw, output: Raw): boolean {
    const { lo, hi } = bracket(output);
    if (typeof output['pin'] === 'string') {
      if (this.#isBad(incident, output['pin'])) return true;
    } else {
      for (const at of moments(lo, hi)) {
        const announced = Object.entries(this.announced(str(output, 'channel'), at));
        if (announced.some(([version, weight]) => weight > 0 && this.#isBad(incident, version))) return true;
      }
    }
    return this.#of('lease').some((lease) => {
      if (lease['node'] !== output['node'] || !this.#isBad(incident, str(lease, 'version'))) return false;
      if (num(lease, 't') > hi) return false;
      return !this.#drainsAfter(lease).some((drain) => num(drain, 't') < lo);
    });
  }

  #drainsAfter(lease: Raw): readonly Raw[] {
    return this.#of('drain').filter(
      (drain) =>
        drain['node'] === lease['node'] &&
        drain['version'] === lease['version'] &&
        num(drain, 't') >= num(lease, 't'),
    );
  }

  #roots(incident: Raw): { seeds: Set<string>; possible: Set<string> } {
    const seeds = new Set<string>();
    const possible = new Set<string>();
    for (const output of this.#of('output')) {
      const id = str(output, 'id');
      const where = this.#inWindow(incident, output);
      if (typeof output['copyOf'] === 'string' || where === 'outside') continue;
      const sure = where === 'inside' ? seeds : possible;
      if (!Array.isArray(incident['versions'])) {
        sure.add(id);
        continue;
      }
      const { v, s, among } = this.served(id);
      if (s === 'known' && this.#isBad(incident, v)) sure.add(id);
      if (s === 'contested' && among.some((version) => this.#isBad(incident, version))) possible.add(id);
      if (s === 'unknown' && this.#mayBeBad(incident, output)) possible.add(id);
    }
    return { seeds, possible };
  }

  #edges(): { from: string; to: string; weak: boolean }[] {
    const edges: { from: string; to: string; weak: boolean }[] = [];
    for (const record of this.#of('output', 'act')) {
      for (const from of list(record, 'from')) edges.push({ from, to: str(record, 'id'), weak: false });
      const source = record['copyOf'];
      if (typeof source === 'string') edges.push({ from: source, to: str(record, 'id'), weak: false });
    }
    for (const edge of this.#of('derive')) {
      if (edge['propagates'] === false) continue;
      edges.push({ from: str(edge, 'source'), to: str(edge, 'to'), weak: edge['possibleOnly'] === true });
    }
    return edges;
  }

  #sets(id: string): {
    seeds: Set<string>;
    roots: Set<string>;
    affected: Set<string>;
    possible: Set<string>;
  } {
    const incident = this.incident(id);
    if (incident === undefined || incident['status'] === 'dismissed') {
      return { seeds: new Set(), roots: new Set(), affected: new Set(), possible: new Set() };
    }
    const { seeds, possible: doubtful } = this.#roots(incident);
    const affected = new Set(seeds);
    const either = new Set([...seeds, ...doubtful]);
    for (let grown = true; grown;) {
      const before = affected.size + either.size;
      for (const { from, to, weak } of this.#edges()) {
        if (affected.has(from) && !weak) affected.add(to);
        if (either.has(from)) either.add(to);
      }
      grown = affected.size + either.size > before;
    }
    const possible = new Set([...either].filter((record) => !affected.has(record)));
    return { seeds, roots: new Set([...seeds, ...doubtful]), affected, possible };
  }

  #gaps(id: string): string[] {
    const incident = this.incident(id);
    if (incident === undefined || incident['status'] === 'dismissed') return [];
    const open = this.#of('lease').filter(
      (lease) => this.#isBad(incident, str(lease, 'version')) && this.#drainsAfter(lease).length === 0,
    );
    return [...new Set(open.map((lease) => `${str(lease, 'node')}:${str(lease, 'version')}`))].sort();
  }

  scope(id: string): { affected: string[]; possible: string[]; gaps: string[] } {
    const { affected, possible } = this.#sets(id);
    return { affected: [...affected].sort(), possible: [...possible].sort(), gaps: this.#gaps(id) };
  }

  #spans(incident: Raw): Record<string, [number, number | null][]> {
    const spans: Record<string, [number, number | null][]> = {};
    const decisions = this.#of('decision');
    const times = decisions.flatMap((d) => [num(d, 't'), num(d, 'effective', num(d, 't'))]);
    const [first, last] = [Math.min(0, ...times) - 1, Math.max(0, ...times) + 1];
    for (const channel of new Set(decisions.map((decision) => str(decision, 'channel')))) {
      const found: [number, number | null][] = [];
      let since: number | null = null;
      for (const at of moments(first, last)) {
        const announced = Object.entries(this.announced(channel, at));
        const bad = announced.some(([version, weight]) => weight > 0 && this.#isBad(incident, version));
        if (bad && since === null) since = at;
        if (!bad && since !== null) {
          found.push([since, at]);
          since = null;
        }
      }
      if (since !== null) found.push([since, null]);
      if (found.length > 0) spans[channel] = found;
    }
    return spans;
  }

  window(id: string): unknown {
    const incident = this.incident(id);
    if (incident === undefined) return null;
    const bad = this.#of('output').filter((output) =>
      this.#isBad(incident, this.served(str(output, 'id')).v),
    );
    const made = bad
      .filter((output) => typeof output['copyOf'] !== 'string')
      .map((output) => bracket(output).lo);
    const delivered = bad.map((output) => bracket(output).hi);
    return {
      bad_from: incident['bad_from'],
      known_at: num(incident, 't'),
      first_served_at: made.length === 0 ? null : Math.min(...made),
      last_served_at: delivered.length === 0 ? null : Math.max(...delivered),
      announced: this.#spans(incident),
      final: this.#gaps(id).length === 0,
    };
  }

  /** The recorded state, or open; `resting` are the targets whose standing is being asked already. */
  state(incident: string, target: string, resting: readonly string[] = []): string {
    const latest = this.#disposed(incident, target).at(-1);
    if (latest === undefined) return 'open';
    const state = str(latest, 'state');
    const others = this.#of('incident').filter((i) => !(i['id'] === incident && state === 'compensated'));
    for (const basis of list(latest, 'basis')) {
      if (this.#of('reverse').some((reverse) => reverse['target'] === basis)) return 'open';
      for (const other of others) {
        const { affected, possible } = this.#sets(str(other, 'id'));
        if (affected.has(basis) || possible.has(basis)) return 'open';
      }
      if (this.#disposed(incident, basis).length === 0) continue;
      if (basis === target || resting.includes(basis)) return 'open';
      if (!TERMINAL.includes(this.state(incident, basis, [...resting, target]))) return 'open';
    }
    return state;
  }

  #disposed(incident: string, target: string): readonly Raw[] {
    return this.#of('disposition').filter((d) => d['incident'] === incident && d['target'] === target);
  }

  /** Effective state of every record in scope. */
  effective(id: string): Map<string, string> {
    const { roots, affected, possible } = this.#sets(id);
    const inScope = new Set([...affected, ...possible]);
    const states = new Map([...inScope].map((record) => [record, this.state(id, record)] as const));
    const edges = this.#edges();
    for (let changed = true; changed;) {
      changed = false;
      for (const record of inScope) {
        if (states.get(record) !== 'open' || roots.has(record)) continue;
        const parents = edges
          .filter((edge) => edge.to === record && inScope.has(edge.from))
          .map((edge) => edge.from);
        if (!parents.every((parent) => ['rerun_same', 'not_affected'].includes(states.get(parent) ?? '')))
          continue;
        states.set(record, 'not_affected');
        changed = true;
      }
    }
    return states;
  }

  balance(id: string): Record<string, number> {
    const states = [...this.effective(id).values()];
    const books: Record<string, number> = { total: states.length };
    for (const state of states) books[state] = (books[state] ?? 0) + 1;
    return books;
  }

  closable(id: string): boolean {
    const incident = this.incident(id);
    if (incident === undefined) return false;
    if (incident['status'] === 'dismissed') return true;
    const announced = Object.values(this.#spans(incident)).some((spans) =>
      spans.some(([, to]) => to === null),
    );
    const settled = [...this.effective(id).values()].every((state) => TERMINAL.includes(state));
    return !announced && this.#gaps(id).length === 0 && settled;
  }

  /** Records in scope, roots, and the known edges, for checking witnesses and paths. */
  graph(id: string): {
    seeds: Set<string>;
    roots: Set<string>;
    affected: Set<string>;
    possible: Set<string>;
    edges: { from: string; to: string; weak: boolean }[];
  } {
    const { seeds, roots, affected, possible } = this.#sets(id);
    return { seeds, roots, affected, possible, edges: this.#edges() };
  }
}

function bracket(record: Raw): { lo: number; hi: number } {
  const t = num(record, 't');
  return { lo: num(record, 'lo', t), hi: num(record, 'hi', t) };
}

/** Every integer moment from `lo` to `hi`, both included. */
function moments(lo: number, hi: number): number[] {
  return Array.from({ length: Math.max(0, hi - lo + 1) }, (_, i) => lo + i);
}

function satisfies(output: Raw, predicate: Raw): boolean {
  const name = str(predicate, 'field');
  const value = name === 't' ? num(output, 't') : output[name];
  if ('eq' in predicate && value !== predicate['eq']) return false;
  for (const [op, holds] of [
    ['lt', (a: number, b: number) => a < b],
    ['gte', (a: number, b: number) => a >= b],
  ] as const) {
    if (!(op in predicate)) continue;
    if (typeof value !== typeof predicate[op] || !holds(value as number, predicate[op] as number))
      return false;
  }
  return true;
}
