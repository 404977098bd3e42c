/** Runs forge from its npm package, offline. */
import { spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository. */
export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

const BINARY = join(ROOT, 'node_modules/@foundry-rs/forge-linux-amd64/bin/forge');
const HELP =
  'forge is not installed: its npm package @foundry-rs/forge-linux-amd64 exists for x64 Linux. Elsewhere, or after an ' +
  'install without optional dependencies, install Foundry (https://getfoundry.sh) and put its forge on the PATH.';

/** Path of forge: the package's, else the one on the PATH. Undefined when there is none. */
function forgePath(): string | undefined {
  if (existsSync(BINARY)) return BINARY;
  const own = spawnSync('forge', ['--version']);
  return own.error === undefined && own.status === 0 ? 'forge' : undefined;
}

/** How to run forge. */
export interface ForgeOptions {
  readonly args: readonly string[];
  /** A folder of artifacts to test in place of the committed ones. */
  readonly artifacts?: string;
  readonly quiet?: boolean;
  /** Milliseconds after which it is stopped and counts as failed. */
  readonly timeout?: number;
}

/** Runs `forge <args>` and gives back how it ended. @throws Error when forge is not there */
export function forge(options: ForgeOptions): SpawnSyncReturns<string> {
  const path = forgePath();
  if (path === undefined) throw new Error(HELP);
  return spawnSync(path, options.args, {
    cwd: ROOT,
    encoding: 'utf8',
    stdio: options.quiet === true ? 'pipe' : 'inherit',
    timeout: options.timeout,
    killSignal: 'SIGKILL',
    env: {
      ...process.env,
      // The shim behind forge's compiler is a Node script.
      PATH: `${join(ROOT, 'node_modules/.bin')}:${process.env['PATH'] ?? ''}`,
      FOUNDRY_CONFIG: 'contracts/foundry.toml',
      ...(options.artifacts === undefined ? {} : { ASSAY_ARTIFACTS: options.artifacts }),
    },
  });
}
