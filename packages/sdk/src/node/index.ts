/** The part of the client that needs Node. */
export { FileStore } from './file-store.ts';
