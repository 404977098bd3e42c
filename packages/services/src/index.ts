/** What other rooms use of the services as a library; the processes themselves are entry points of their own. */
export * from './follow/index.ts';
export * from './log-client/index.ts';
