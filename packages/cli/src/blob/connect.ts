/** Connects a command to a storage network: nodes over HTTP, codec, clock, names. */
import { join } from 'node:path';
import { hex } from '@assay/core';
import {
  CodecError,
  type Committee,
  type Kernel,
  pureKernel,
  type ReaderOptions,
  wasmKernel,
} from '@assay/storage';
import { type HttpNode, httpNode, monotonicClock } from '@assay/storage/node';
import type { Session } from '../session.ts';
import { tenantProver } from './prover.ts';
import { readStorageNetwork } from './storage-network.ts';

/** Bytes of a shard, and how many packs are in memory at once: 72 MiB at six nodes, whatever the file. */
export const SHARD_BYTES = 4 << 20;
export const WINDOW = 3;

/** A storage network that can be spoken to. Dispose of it when done: it keeps connections open. */
export interface Connection extends AsyncDisposable {
  readonly committee: Committee;
  /** What readers and custody take. */
  readonly options: ReaderOptions;
  /** A node's name, or its key if it has none. */
  readonly nameOf: (node: Uint8Array) => string;
}

/** @throws CliError, CodecError */
export function connect(session: Session, file: string | undefined): Connection {
  const { committee, nodes } = readStorageNetwork(file ?? join(session.dir, 'storage.json'));
  const { clock, entropy } = session.context;
  const signs = session.isKeyGiven || session.hasKey('owner');
  const prove = signs
    ? tenantProver(session.signatory('owner').identity.signer, { clock, entropy })
    : undefined;
  const clients: HttpNode[] = nodes.map(({ id, url }) =>
    httpNode({ id, url, ...(prove === undefined ? {} : { prove }) }),
  );
  const names = new Map(nodes.map(({ id, name }) => [hex(id), name]));
  return {
    committee,
    nameOf: (node) => names.get(hex(node)) ?? `ed25519:${hex(node)}`,
    options: {
      committee,
      nodes: clients,
      kernel: kernelFor(committee),
      clock: monotonicClock,
      random: Math.random,
      randomBytes: (length) => entropy.bytes(length),
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(clients.map((client) => client[Symbol.asyncDispose]()));
    },
  };
}

/** Room for the window, and for two packs more that are on their way out or being rebuilt. */
function kernelFor({ profile }: Committee): Kernel {
  try {
    return wasmKernel({ bytes: (WINDOW + 2) * profile.n * (SHARD_BYTES + 4_096) });
  } catch (error) {
    if (error instanceof CodecError && error.code === 'unavailable') return pureKernel();
    throw error;
  }
}
