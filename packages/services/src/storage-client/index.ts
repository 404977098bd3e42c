/** Speaking to a storage network: its description, a connection, the certificate as the log keeps it. */
export { certificatePredicate, packsOf } from './certificate-statement.ts';
export {
  type Connecting,
  connectStorage,
  kernelBytes,
  SHARD_BYTES,
  type StorageConnection,
  WINDOW,
} from './connection.ts';
export {
  readStorageDescription,
  readStorageNetwork,
  type StorageDescription,
  type StorageMember,
  type StorageNetwork,
  storageNetworkOf,
} from './description.ts';
export { silentNodes } from './silent-nodes.ts';
export { type Prover, tenantProver } from './prover.ts';
