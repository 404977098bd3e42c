/** When a channel announced a bad version, and whether it still does. */
import type { SourceStep } from './source.ts';

/** A stretch in which a bad version had weight; `to` is absent while it lasts. */
export interface BadSpan {
  readonly from: number;
  readonly to?: number;
  /** The step that ended it. */
  readonly endedBy?: SourceStep;
}

/** The stretches of one channel, in order. */
export function badSpans(steps: readonly SourceStep[], bad: ReadonlySet<string>): BadSpan[] {
  const spans: BadSpan[] = [];
  let since: number | undefined;
  for (const step of steps) {
    const announces = Object.entries(step.to).some(([version, weight]) => weight > 0 && bad.has(version));
    if (announces) since ??= step.t;
    else if (since !== undefined) {
      spans.push({ from: since, to: step.t, endedBy: step });
      since = undefined;
    }
  }
  return since === undefined ? spans : [...spans, { from: since }];
}
