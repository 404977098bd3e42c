/** Compares answers with the ones a case file expects, as `cases/README.md` says each is compared. */
import { evalCase } from './eval.ts';
import { parseCases } from './input/parse-case.ts';
import type { LineageQuery } from './queries.ts';

/** Of these answers only some fields are compared; the rest is for people. */
const COMPARED: Partial<Record<LineageQuery['op'], readonly string[]>> = {
  served: ['v', 's'],
  disposition: ['state'],
  effective: ['state'],
  closable: ['ok'],
};

/** A query whose answer is not the expected one. */
export interface Mismatch {
  readonly case: string;
  /** JSON path of the query. */
  readonly path: string;
  readonly query: LineageQuery;
  readonly expected: unknown;
  readonly found: unknown;
}

/**
 * Evaluates a case file and reports every query that carries an `answer` and got another one.
 *
 * @throws LineageError `malformed`
 */
export function checkCases(json: unknown): {
  readonly compared: number;
  readonly mismatches: readonly Mismatch[];
} {
  const mismatches: Mismatch[] = [];
  let compared = 0;
  parseCases(json).forEach((item, i) => {
    const found = evalCase(item);
    item.queries.forEach((query, j) => {
      const expected = item.answers[j];
      if (expected === undefined) return;
      compared++;
      if (sameAnswer(query.op, expected, found[j])) return;
      mismatches.push({
        case: item.name,
        path: `cases[${i}].queries[${j}]`,
        query,
        expected,
        found: found[j],
      });
    });
  });
  return { compared, mismatches };
}

/** Whether two answers to the same kind of question agree in what is compared. */
export function sameAnswer(op: LineageQuery['op'], expected: unknown, found: unknown): boolean {
  const fields = COMPARED[op];
  if (fields === undefined) return sameJson(expected, found);
  return fields.every((field) => sameJson(fieldOf(expected, field), fieldOf(found, field)));
}

function fieldOf(value: unknown, field: string): unknown {
  return isObject(value) ? value[field] : undefined;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Deep equality of JSON values; the order of keys does not matter. */
function sameJson(a: unknown, b: unknown): boolean {
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((item, i) => sameJson(item, b[i]));
  if (!isObject(a) || !isObject(b)) return a === b;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && sameJson(a[key], b[key]))
  );
}
