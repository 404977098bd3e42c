export * from './registry/index.ts';
export * from './lineage/index.ts';
export * from './timeline/index.ts';
export * from './money/index.ts';
