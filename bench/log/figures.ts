/** The figures of DESIGN §13 that a log has to reach, judged against one run of this bench. */

/** A target and what was measured for it. */
export interface Figure {
  readonly name: string;
  readonly target: string;
  readonly measured: number | undefined;
  readonly unit: string;
  readonly isMet: boolean | undefined;
}

/** `measured` has to be at least `target`. */
export function atLeast(name: string, target: number, measured: number | undefined, unit: string): Figure {
  const isMet = measured === undefined ? undefined : measured >= target;
  return { name, target: `≥ ${target.toLocaleString('en')}`, measured, unit, isMet };
}

/** `measured` has to be at most `target`. */
export function atMost(name: string, target: number, measured: number | undefined, unit: string): Figure {
  const isMet = measured === undefined ? undefined : measured <= target;
  return { name, target: `≤ ${target.toLocaleString('en')}`, measured, unit, isMet };
}

/** `met`, `not met`, or `not measured`. */
export function verdict({ isMet }: Figure): string {
  if (isMet === undefined) return 'not measured';
  return isMet ? 'met' : 'not met';
}
