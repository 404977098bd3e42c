/** A witness as one running server: key, memory, HTTP. */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Clock, ed25519Signer, type Entropy, unixSeconds } from '@assay/core';
import { paymentSigner } from '@assay/core/money';
import { loadIdentity } from '@assay/core/node';
import { ed25519Cosigner, formatVkey, noteVerifier } from '@assay/log';
import {
  createWitness,
  markWitnessKeyUsed,
  openWitnessSeed,
  openWitnessStore,
  refuseLostDatabase,
} from '@assay/log/node';
import { serve } from '@hono/node-server';
import { createWitnessApp } from './app.ts';
import type { WitnessConfig } from './config.ts';

export interface RunningWitness {
  /** Submission and monitoring prefix. */
  readonly url: string;
  /** What goes into a policy. */
  readonly vkey: string;
  /** Finishes what is being answered, then closes the database. */
  stop(): Promise<void>;
}

/**
 * Starts a witness and resolves once it listens.
 *
 * @throws WitnessError `key-file` | `lost-database` | `wrong-database`; NoteError for a log's vkey; KeyFileError
 */
export async function startWitness(
  config: WitnessConfig,
  clock: Clock,
  entropy: Entropy,
): Promise<RunningWitness> {
  const signer = ed25519Cosigner(config.name, ed25519Signer(openWitnessSeed(config.seedFile, entropy)));
  const logs = config.logs.map((log) => noteVerifier(log.vkey));
  const vkey = formatVkey(signer.key);
  refuseLostDatabase(config.seedFile, config.database);
  const store = openWitnessStore(config.database, [vkey]);
  markWitnessKeyUsed(config.seedFile, config.database);
  const app = createWitnessApp(
    createWitness({ signers: [signer], logs, store, now: () => unixSeconds(clock) }),
    config.anchor === undefined
      ? undefined
      : {
          signer: paymentSigner(loadIdentity(config.anchor.identity).paymentSecret),
          own: [noteVerifier(vkey)],
          logs,
          targets: config.anchor.targets,
        },
  );
  const [host, port] = splitListen(config.listen);
  const server = await new Promise<Server>((resolve, reject) => {
    const starting = serve({ fetch: app.fetch, hostname: host, port }, () => resolve(starting)) as Server;
    starting.once('error', reject);
  });
  const { port: bound } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}`,
    vkey,
    stop: async () => {
      await new Promise((resolve) => server.close(resolve));
      store.close();
    },
  };
}

/** `host:port`, where an IPv6 host stands in brackets. */
function splitListen(listen: string): [string, number] {
  const colon = listen.lastIndexOf(':');
  return [listen.slice(0, colon).replace(/^\[|\]$/g, ''), Number(listen.slice(colon + 1))];
}
