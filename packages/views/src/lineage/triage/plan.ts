/** What to re-run next: roots first, and a derived record only if an input really changed (early cutoff). */
import { dispositions } from '../answers/disposition.ts';
import { requireIncident } from '../answers/incident-terms.ts';
import { scope, scopeIndex } from '../answers/scope.ts';
import type { AsOf } from '../as-of.ts';
import { u32Column } from '../columns/column.ts';
import { IdIndex } from '../columns/id-index.ts';
import { byUrgency } from './urgency.ts';
import type { RerunResult } from './materiality.ts';

export interface RerunPlan {
  /** Outputs whose re-run can start now, the most urgent first. Never an act: re-running performs nothing (I11). */
  readonly rerun: readonly string[];
  /** Records that need a person: acts with a changed input, undetermined results, circles that nothing decides. */
  readonly review: readonly string[];
  /** Records none of whose inputs changed: nothing to do. */
  readonly unchanged: readonly string[];
  /** Records that wait for the re-run of an input. */
  readonly waiting: readonly string[];
}

/** Whether a record still is what it was: yes, no, not known yet. */
type Verdict = 'same' | 'changed' | 'pending';

/**
 * Plans one round; run it again with the new results. Sound only where the recorded inputs are complete: a re-run
 * with a hidden input must be reported as undetermined, which counts as changed.
 *
 * @param results what re-runs found so far, by record id; what dispositions say counts too
 * @throws LineageError `unknown-incident`
 */
export function planReruns(
  prefix: AsOf,
  incident: string,
  results: ReadonlyMap<string, RerunResult> = new Map(),
): RerunPlan {
  requireIncident(prefix, incident);
  const rows = describe(prefix, incident, results);
  const verdicts = settle(rows);
  const plan = { rerun: [] as Row[], review: [] as Row[], unchanged: [] as Row[], waiting: [] as Row[] };
  for (const row of rows) {
    const place = placeOf(row, verdicts);
    if (place !== null) plan[place].push(row);
  }
  // Nothing runs and nothing is decided, so what still waits waits for itself.
  if (plan.rerun.length === 0) plan.review = plan.review.concat(plan.waiting.splice(0));
  const ids = (of: readonly Row[]): readonly string[] => of.map((row) => row.record);
  const order = byUrgency(prefix, incident);
  return {
    rerun: order(ids(plan.rerun)),
    review: order(ids(plan.review)),
    unchanged: ids(plan.unchanged),
    waiting: ids(plan.waiting),
  };
}

interface Row {
  readonly row: number;
  readonly record: string;
  readonly kind: 'output' | 'copy' | 'other';
  readonly isRoot: boolean;
  /** What a re-run or a disposition says. */
  readonly result: RerunResult | undefined;
  /** Rows of its inputs in scope. */
  readonly inputs: readonly number[];
}

function describe(prefix: AsOf, incident: string, results: ReadonlyMap<string, RerunResult>): Row[] {
  const { ledger, known } = prefix;
  const { affected, possible, roots } = scope(prefix, incident);
  const index = scopeIndex(prefix, incident);
  const isRoot = new IdIndex(roots.seeds, roots.possible);
  const recorded = dispositions(prefix, incident);
  const parents = u32Column();
  return [...affected.ids, ...possible.ids].map((id, row) => {
    const record = ledger.records.text(id);
    parents.length = 0;
    ledger.edges.pushParents(id, known, parents);
    const inputs: number[] = [];
    for (let i = 0; i < parents.length; i++)
      if (index.has(parents.at(i))) inputs.push(index.row(parents.at(i)));
    return {
      row,
      record,
      kind: kindOf(prefix, id),
      isRoot: isRoot.has(id),
      result: results.get(record) ?? RESULT_OF_STATE[recorded.get(id)?.state ?? 'open'],
      inputs,
    };
  });
}

/** What a disposition says about the record itself. `accepted` and `compensated` let a difference stand. */
const RESULT_OF_STATE: Readonly<Record<string, RerunResult>> = {
  rerun_same: 'same',
  not_affected: 'same',
  rerun_different: 'different',
  accepted: 'different',
  compensated: 'different',
  superseded: 'different',
};

/** A least fixpoint: results first, then what follows from the inputs. */
function settle(rows: readonly Row[]): Verdict[] {
  const verdicts = rows.map(({ result }): Verdict =>
    result === undefined ? 'pending' : result === 'same' ? 'same' : 'changed',
  );
  const users = usersOf(rows);
  const queue = rows.map(({ row }) => row);
  for (let at = 0; at < queue.length; at++) {
    const row = rows[queue[at] as number] as Row;
    if (verdicts[row.row] !== 'pending' || row.isRoot) continue;
    const verdict = fromInputs(row, verdicts);
    if (verdict === 'pending') continue;
    verdicts[row.row] = verdict;
    for (const user of users[row.row] ?? []) queue.push(user);
  }
  return verdicts;
}

function fromInputs({ kind, inputs }: Row, verdicts: readonly Verdict[]): Verdict {
  const of = inputs.map((input) => verdicts[input]);
  if (of.every((verdict) => verdict === 'same')) return 'same';
  // Acts are not re-run: with a changed input one counts as changed until a person says otherwise. Copies follow.
  return kind !== 'output' && of.includes('changed') ? 'changed' : 'pending';
}

function usersOf(rows: readonly Row[]): number[][] {
  const users: number[][] = rows.map(() => []);
  for (const { row, inputs } of rows) for (const input of inputs) users[input]?.push(row);
  return users;
}

function placeOf(row: Row, verdicts: readonly Verdict[]): keyof RerunPlan | null {
  if (row.result === 'undetermined') return 'review';
  if (row.result !== undefined) return null;
  const verdict = verdicts[row.row];
  if (verdict === 'same') return 'unchanged';
  if (verdict === 'changed') return row.kind === 'copy' ? null : 'review';
  if (row.kind !== 'output') return 'waiting';
  // A re-run on inputs that may still change would have to be run again.
  const awaitsInput = row.inputs.some((input) => verdicts[input] === 'pending');
  return awaitsInput ? 'waiting' : 'rerun';
}

/** A copy has no run of its own: it is what its source is. */
function kindOf(prefix: AsOf, id: number): Row['kind'] {
  const { table } = prefix.ledger;
  if (!table.isOutput(id, prefix.known)) return 'other';
  return table.copyOf.at(id) === 0 ? 'output' : 'copy';
}
