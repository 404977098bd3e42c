/** The days that no version was trained on, and what happened after each. */
import { featuresFor, nextMove } from './features.ts';
import type { Day } from './prices.ts';

/** First held-out day. */
export const HELD_OUT_FROM = '2016-01-04';

/** Six weeks in which the second version's mistake shows on every day: a good window to tell the story on. */
export const ROUGH_WEEKS = { from: '2020-02-18', to: '2020-03-31' } as const;

/** One day to forecast from, at its close. */
export interface HeldOutDay {
  readonly date: string;
  readonly features: readonly number[];
  /** The day the forecast is about. */
  readonly nextDate: string;
  /** Its move, in percent of the close before. */
  readonly nextMove: number;
}

/** Held-out days in order, at most from `from` to `to` (ISO dates, both included). */
export function heldOutDays(
  days: readonly Day[],
  from = HELD_OUT_FROM,
  to = '9999-12-31',
): readonly HeldOutDay[] {
  const first = from > HELD_OUT_FROM ? from : HELD_OUT_FROM;
  return days.slice(0, -1).flatMap((day, index) => {
    if (day.date < first || day.date > to) return [];
    const nextDate = (days[index + 1] as Day).date;
    return { date: day.date, features: featuresFor(days, index), nextDate, nextMove: nextMove(days, index) };
  });
}
