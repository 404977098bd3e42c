export * from './witnessed-at.ts';
