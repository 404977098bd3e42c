export { gradeOf } from './evidence-grade.ts';
export { type Bracket, indexBracket, receiptBracket } from './record-times.ts';
export { JointTimeline, type KnownAt, type ReadLog } from './joint-timeline.ts';
export { Timeline } from './timeline.ts';
export { type Draft, LineageTranslator } from './to-lineage.ts';
export { isViewRootDue, RULES, VIEW_ROOT_INTERVAL, viewRootsAt } from './view-roots.ts';
