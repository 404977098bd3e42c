/** Connects a command to a storage network. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { connectStorage, readStorageNetwork, type StorageConnection } from '@assay/services';
import { CliError } from '../cli-error.ts';
import type { Session } from '../session.ts';

/** The network that `--storage` names, or the local one's. @throws CliError, ConfigError, CodecError */
export function connect(session: Session, file: string | undefined): StorageConnection {
  const path = file ?? join(session.dir, 'storage.json');
  if (!existsSync(path)) {
    throw new CliError('no-network', {
      what: 'there is no description of a storage network',
      where: path,
      fix: 'Give --storage FILE: {"committee": {networkId, epoch, profile, members}, "nodes": [{name, key, url}]}.',
    });
  }
  const { clock, entropy } = session.context;
  const signs = session.isKeyGiven || session.hasKey('owner');
  const signer = signs ? session.signatory('owner').identity.signer : undefined;
  return connectStorage(readStorageNetwork(path, clock), {
    clock,
    entropy,
    ...(signer === undefined ? {} : { signer }),
  });
}
