/** Texts: a ladder of tests, cheapest first; the first that can decide does. */
import { canonicalJson, EncodingError, parseJsonText } from '@assay/core';
import {
  compareDecisions,
  undetermined,
  type Arms,
  type Comparison,
  type Repeatability,
} from './materiality.ts';

export interface TextRule extends Repeatability {
  /** Draws what a consumer uses from a text: parsed fields, the tool call, the final answer; undefined when it has none. */
  readonly answer?: (text: string) => string | undefined;
  /** The consumer's own distance between texts, and up to which one still does the same work. */
  readonly metric?: {
    readonly name: string;
    readonly distance: (a: string, b: string) => number;
    readonly atMost: number;
  };
  /** Whether each text follows from the other, by a named version of a judge; undefined when it will not say. */
  readonly judge?: {
    readonly version: string;
    readonly entails: (a: string, b: string) => boolean | undefined;
  };
}

/** Bytes, then canonical form, then the declared answer, then the metric, then the judge; else a person. */
export function compareText(arms: Arms<string>, rule: TextRule): Comparison {
  const { original, rerun } = arms;
  if (original === undefined || rerun === undefined) return undetermined('answer missing');
  if (original === rerun) return { result: 'same', by: 'bytes' };
  if (canonicalText(original) === canonicalText(rerun)) return { result: 'same', by: 'canonical form' };
  return (
    byAnswer(arms, rule) ??
    byMetric(original, rerun, rule) ??
    byJudge(original, rerun, rule) ??
    undetermined('a person')
  );
}

/** The text in Unicode NFC; of JSON, its canonical form (RFC 8785). */
export function canonicalText(text: string): string {
  const composed = text.normalize('NFC');
  try {
    return canonicalJson(parseJsonText(composed));
  } catch (error) {
    // Prose, not JSON: it is its own canonical form.
    if (error instanceof EncodingError) return composed;
    throw error;
  }
}

function byAnswer(arms: Arms<string>, { answer, bitExact }: TextRule): Comparison | undefined {
  if (answer === undefined) return undefined;
  const of = (text: string | undefined): string | undefined =>
    text === undefined ? undefined : answer(text);
  const drawn = { original: of(arms.original), rerun: of(arms.rerun), again: of(arms.again) };
  if (drawn.original === undefined || drawn.rerun === undefined) return undefined;
  return compareDecisions(drawn, 'declared answer', { bitExact });
}

function byMetric(original: string, rerun: string, { metric }: TextRule): Comparison | undefined {
  if (metric === undefined) return undefined;
  const distance = metric.distance(original, rerun);
  if (!Number.isFinite(distance)) return undefined;
  return { result: distance <= metric.atMost ? 'same' : 'different', by: metric.name };
}

function byJudge(original: string, rerun: string, { judge }: TextRule): Comparison | undefined {
  const verdicts = [judge?.entails(original, rerun), judge?.entails(rerun, original)];
  if (judge === undefined || verdicts.includes(undefined)) return undefined;
  return {
    result: verdicts.every(Boolean) ? 'same' : 'different',
    by: `judge ${judge.version}`,
    lowerGrade: true,
  };
}
