/** How the agent of the story sizes its position: less when the forecast is rough, more when it is calm. */

/** The agent's rule. */
export interface SizingRule {
  /** Volatility that the agent wants to carry, annualised, percent. */
  readonly target: number;
  /** Most it may hold, as a multiple of its capital. */
  readonly most: number;
}

/** What the agent of the story works with. */
export const SIZING: SizingRule = { target: 10, most: 2 };

/**
 * Position as a multiple of capital: target volatility over forecast volatility, never above `most`.
 *
 * @param forecast annualised volatility, percent
 * @throws RangeError on a forecast that is not a positive number: no position is better than a meaningless one
 * @example
 * ```ts
 * positionSize(20); // 0.5: half the capital
 * ```
 */
export function positionSize(forecast: number, rule: SizingRule = SIZING): number {
  if (!(forecast > 0 && forecast < Infinity)) throw new RangeError(`${forecast} % is no volatility forecast`);
  return Math.min(rule.most, rule.target / forecast);
}
