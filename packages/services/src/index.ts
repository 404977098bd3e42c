/** What other rooms use of the services as a library; the processes themselves are entry points of their own. */
export * from './follow/index.ts';
export * from './log-client/index.ts';
export * from './monitor/index.ts';
// By file: the room's index would load a whole node with its engine.
export { type Payload, readPayload } from './inference-node/payload.ts';
export { AUTHORIZATION, type SignedRequest, signRequest } from './participant/request-signature.ts';
export * from './storage-client/index.ts';
export * from './storage-keeper/index.ts';
export { openStorageSeed } from './storage-node/seed.ts';
export * from './version-content/index.ts';
