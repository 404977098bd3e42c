/** Both sides of witnessing: the witness itself, and the client by which a log asks. */
export * from './witness-client.ts';
export * from './witness-core.ts';
export * from './witness-error.ts';
export * from './witness-key.ts';
export * from './witness-quorum.ts';
export * from './witness-request.ts';
export * from './witness-store.ts';
