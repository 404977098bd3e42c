/** Classifiers: only a changed decision matters; a score that moved does not. */
import {
  compareDecisions,
  undetermined,
  type Arms,
  type Comparison,
  type Repeatability,
} from './materiality.ts';

/** Class → score, as the model gave it. */
export type Scores = ReadonlyMap<string, number>;

/** The decision its consumer draws from the scores. */
export type ClassifierRule = Repeatability &
  (
    | { readonly decision: 'label' }
    | { readonly decision: 'threshold'; readonly of: string; readonly atLeast: number }
    | { readonly decision: 'top'; readonly k: number }
    | { readonly decision: 'bucket'; readonly of: string; readonly edges: readonly number[] }
  );

/** Compares what was decided. Scores that are missing or no numbers make it undetermined. */
export function compareClassifier(arms: Arms<Scores>, rule: ClassifierRule): Comparison {
  const decided = {
    original: decide(arms.original, rule),
    rerun: decide(arms.rerun, rule),
    again: decide(arms.again, rule),
  };
  if (arms.again !== undefined && decided.again === undefined) return undetermined('answer missing');
  return compareDecisions(decided, rule.decision, rule);
}

function decide(scores: Scores | undefined, rule: ClassifierRule): string | undefined {
  if (scores === undefined || [...scores.values()].some((score) => !Number.isFinite(score))) return undefined;
  if (rule.decision === 'label') return ranked(scores)[0];
  if (rule.decision === 'top') return JSON.stringify(ranked(scores).slice(0, rule.k));
  const score = scores.get(rule.of);
  if (score === undefined) return undefined;
  if (rule.decision === 'threshold') return score >= rule.atLeast ? 'at least' : 'below';
  return String(rule.edges.filter((edge) => score >= edge).length);
}

// Equal scores are ranked by name, so that the order in which a model lists its classes decides nothing.
function ranked(scores: Scores): string[] {
  return [...scores].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1)).map(([label]) => label);
}

/** How many decisions flipped, per direction: churn hides in equal accuracy. */
export function flips(
  pairs: Iterable<readonly [original: string, rerun: string]>,
): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const [original, rerun] of pairs) {
    if (original === rerun) continue;
    const direction = `${original} → ${rerun}`;
    counts.set(direction, (counts.get(direction) ?? 0) + 1);
  }
  return counts;
}
