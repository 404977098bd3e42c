/** Where everything stands: the page's fixed measures, and the scale of time. */
import type { Range } from '../clock-text.ts';

export const WIDTH = 1_280;
export const HEIGHT = 720;

/** The plot, where time runs from left to right. */
export const PLOT = { left: 136, right: 1_016 } as const;
/** The books, to the right of the plot. */
export const BOOKS = { left: 1_060, width: 34, top: 190, bottom: 560 } as const;

/** Lines of labels above the bands: at most this many stacked. */
export const FLAGS = { top: 112, lane: 17, lanes: 3 } as const;
/** Where bands begin. */
export const BANDS_TOP = 176;
/** Where consequences end and the axis stands. */
export const AXIS_Y = 580;

/** The x of moments. */
export function scaleOf({ from, to }: Range): (t: number) => number {
  const width = PLOT.right - PLOT.left;
  return (t) => PLOT.left + Math.min(1, Math.max(0, (t - from) / (to - from))) * width;
}

/** Heights of the bands for a number of channels, which all have to fit. */
export function bandHeights(channels: number): {
  readonly band: number;
  readonly gap: number;
  readonly head: number;
} {
  if (channels <= 1) return { band: 38, gap: 8, head: 0 };
  const each = Math.min(90, 230 / channels);
  const head = Math.min(16, each * 0.24);
  return { band: (each - head) * 0.42, gap: (each - head) * 0.08, head };
}
