/** A connection to a storage network: its nodes over HTTP, codec, clock, names. */
import { type Clock, type Entropy, hex, type Signer } from '@assay/core';
import {
  CodecError,
  type Committee,
  type Kernel,
  pureKernel,
  type ReaderOptions,
  wasmKernel,
} from '@assay/storage';
import { type HttpNode, httpNode, monotonicClock } from '@assay/storage/node';
import type { StorageNetwork } from './description.ts';
import { tenantProver } from './prover.ts';

/** Bytes of a shard, and how many packs are in memory at once: 72 MiB at six nodes, whatever the file. */
export const SHARD_BYTES = 4 << 20;
export const WINDOW = 3;

/** A storage network that can be spoken to. Dispose of it when done: it keeps connections open. */
export interface StorageConnection extends AsyncDisposable {
  readonly committee: Committee;
  /** The nodes, also for what only their tenant may ask. */
  readonly nodes: readonly HttpNode[];
  /** What readers, uploads and custody take. */
  readonly options: ReaderOptions;
  /** A node's name, or its key if it has none. */
  readonly nameOf: (node: Uint8Array) => string;
}

/** Who asks, and what comes in from outside. */
export interface Connecting {
  readonly clock: Clock;
  readonly entropy: Entropy;
  /** Signs each request in its own name as a tenant; without it only what is open to everybody can be asked. */
  readonly signer?: Signer;
}

/** Connects to every node of a network; nothing is sent yet. @throws CodecError */
export function connectStorage(
  network: StorageNetwork,
  { signer, ...outside }: Connecting,
): StorageConnection {
  const { committee, nodes } = network;
  const prove = signer === undefined ? undefined : tenantProver(signer, outside);
  const clients: HttpNode[] = nodes.map(({ id, url }) =>
    httpNode({ id, url, ...(prove === undefined ? {} : { prove }) }),
  );
  const names = new Map(nodes.map(({ id, name }) => [hex(id), name]));
  return {
    committee,
    nodes: clients,
    nameOf: (node) => names.get(hex(node)) ?? `ed25519:${hex(node)}`,
    options: {
      committee,
      nodes: clients,
      kernel: kernelFor(committee),
      clock: monotonicClock,
      random: Math.random,
      randomBytes: (length) => outside.entropy.bytes(length),
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(clients.map((client) => client[Symbol.asyncDispose]()));
    },
  };
}

/** Bytes for the window, and for two packs more that are on their way out or being rebuilt. */
export function kernelBytes({ profile }: Committee): number {
  return (WINDOW + 2) * profile.n * (SHARD_BYTES + 4_096);
}

function kernelFor(committee: Committee): Kernel {
  try {
    return wasmKernel({ bytes: kernelBytes(committee) });
  } catch (error) {
    if (error instanceof CodecError && error.code === 'unavailable') return pureKernel();
    throw error;
  }
}
