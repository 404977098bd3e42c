export * from './registry/index.ts';
export * from './lineage/index.ts';
