/** `assay wallet new`: makes a key that can pay. */
import { createIdentity } from '@assay/core/node';
import { join } from 'node:path';
import { networkCommand } from '../command.ts';
import { asText } from '../flags.ts';
import { clean } from '../report.ts';
import { walletOf } from '../wallet/client.ts';

export const walletNew = networkCommand<object, [name: string]>({
  brief: 'Make a wallet: a key that asks and pays',
  examples: ['wallet new desk'],
  flags: {},
  args: { kind: 'tuple', parameters: [{ brief: 'Name', parse: asText, placeholder: 'NAME' }] },
  run(session, _flags, name) {
    const path = join(session.dir, 'keys', `${name.replaceAll(/[^a-z0-9._-]/g, '-')}.json`);
    const identity = createIdentity(path, session.context.entropy);
    const { address } = walletOf(identity).owner;
    return Promise.resolve(
      clean({ name, address, key: identity.keyId, file: path }, [
        `${name} is ${address}`,
        `its key is ${path}; who has it can spend what it holds`,
        `use it with --key ${name}`,
      ]),
    );
  },
});
