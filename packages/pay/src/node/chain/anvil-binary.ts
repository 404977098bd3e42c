/** Finds the anvil binary that npm brought, or says how to get one. */
import { accessSync, constants } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ChainError } from './errors.ts';

const PACKAGE = '@foundry-rs/anvil-linux-amd64';

/**
 * Path of anvil: `ASSAY_ANVIL` when that is set, else the npm package's.
 *
 * @throws ChainError `binary-missing`
 */
export function anvilBinary(env: NodeJS.ProcessEnv = process.env): string {
  const given = env['ASSAY_ANVIL'];
  try {
    const path = given ?? fileURLToPath(import.meta.resolve(`${PACKAGE}/bin/anvil`));
    accessSync(path, constants.X_OK);
    return path;
  } catch (cause) {
    throw new ChainError('binary-missing', {
      what: 'anvil, which runs the embedded chain, is not on this machine',
      where: given ?? `npm package ${PACKAGE}`,
      fix:
        `On x64 Linux run "npm i -D --ignore-scripts ${PACKAGE}@1.7.1"; elsewhere install Foundry ` +
        '(https://getfoundry.sh) and set ASSAY_ANVIL to the path of its anvil. "npx assay up --free" runs without money.',
      cause,
    });
  }
}
