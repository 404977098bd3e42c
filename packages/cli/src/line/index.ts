export { buildLine, MAX_TICKS } from './build.ts';
export type { LineModel } from './model.ts';
export type { LineSource, SourceRecord, SourceStep } from './source.ts';
export { lineText } from './text.ts';
export { drawLine, lineSvg } from './svg.ts';
export { footerOf, lineModel, lineSource } from './from-timeline.ts';
