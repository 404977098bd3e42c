/** Which of the keys at hand may dispose of a record: its owner's, or one that the model's owner authorised. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { loadIdentity } from '@assay/core/node';
import { mayHandle, type Registry } from '@assay/views';
import { CliError } from '../cli-error.ts';
import { nameOfKeyFile, type Role, type Signatory } from '../signatory.ts';

/** People's keys, in the order in which they are tried; processes keep theirs to themselves. */
const PEOPLE: readonly (readonly [name: string, role: Role])[] = [
  ['owner', 'owner'],
  ['agent', 'agent'],
  ['verifier', 'verifier'],
];

/** People whose keys are in the network's folder. */
export function peopleOf(dir: string): Signatory[] {
  const folder = join(dir, 'keys');
  if (!existsSync(folder)) return [];
  const files = new Set(readdirSync(folder));
  return PEOPLE.filter(([name]) => files.has(`${name}.json`)).map(([name, role]) => {
    const path = join(folder, `${name}.json`);
    return { identity: loadIdentity(path), name: nameOfKeyFile(path), role };
  });
}

/** The first of `candidates` that may dispose of `target`. @throws CliError `not-allowed` */
export function handlerOf(registry: Registry, target: string, candidates: readonly Signatory[]): Signatory {
  const handler = candidates.find(
    ({ identity }) => mayHandle(registry, identity.keyId, target) === undefined,
  );
  if (handler !== undefined) return handler;
  const owner = registry.owners.get(target);
  throw new CliError('not-allowed', {
    what: `none of the keys at hand may dispose of record ${target}`,
    where: owner === undefined ? 'its owner is unknown' : `it belongs to ${owner.signer}`,
    fix: 'Sign with its owner\'s key (--key), or have the model\'s owner grant "incident.settle".',
  });
}
