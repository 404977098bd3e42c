/** `assay wallet new`: makes a key that can pay. */
import { createIdentity } from '@assay/core/node';
import { join } from 'node:path';
import { networkCommand } from '../command.ts';
import { CliError } from '../cli-error.ts';
import { clean } from '../report.ts';
import { walletOf } from '../wallet/client.ts';

/** A name that a file and a participant can have. @throws CliError `usage` */
function asName(text: string): string {
  if (/^[a-z0-9][a-z0-9._-]{0,63}$/.test(text)) return text;
  throw new CliError('usage', {
    what: `"${text.slice(0, 40)}" is not a name`,
    fix: 'Use small letters, digits, dots, dashes and underscores, 64 at most.',
  });
}

export const walletNew = networkCommand<object, [name: string]>({
  brief: 'Make a wallet: a key that asks and pays',
  examples: ['wallet new desk'],
  flags: {},
  args: { kind: 'tuple', parameters: [{ brief: 'Name', parse: asName, placeholder: 'NAME' }] },
  run(session, _flags, name) {
    const path = join(session.dir, 'keys', `${name}.json`);
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
