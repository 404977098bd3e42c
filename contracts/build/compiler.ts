/** Runs solc over named sources and gives back what an artifact needs. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import solc from 'solc';
import { CONTRACTS, SETTINGS, SOLC_VERSION } from './settings.ts';

/** One compiled contract. Code is hex with 0x. */
export interface Compiled {
  readonly abi: readonly unknown[];
  readonly bytecode: string;
  readonly deployedBytecode: string;
}

/** Compiled contracts by source and name, and the SHA-256 of every source that was read. */
export interface Compilation {
  readonly contracts: Readonly<Record<string, Readonly<Record<string, Compiled>>>>;
  readonly imports: Readonly<Record<string, readonly string[]>>;
}

interface SolcOutput {
  readonly errors?: readonly { severity: string; formattedMessage: string }[];
  readonly contracts?: Readonly<
    Record<
      string,
      Readonly<
        Record<
          string,
          {
            abi: unknown[];
            metadata: string;
            evm: { bytecode: { object: string }; deployedBytecode: { object: string } };
          }
        >
      >
    >
  >;
}

const QUICK = { enabled: false, details: { peephole: true, jumpdestRemover: true, deduplicate: true } };

const MODULES = fileURLToPath(new URL('../../node_modules/', import.meta.url));

/** Where a source stands on disk: ours below `contracts/`, packages below `node_modules/`. */
export function sourcePath(name: string): string {
  const ours = join(CONTRACTS, name);
  return existsSync(ours) ? ours : join(MODULES, name);
}

/** SHA-256 of a source as it stands on disk, hex. */
export function sourceHash(name: string): string {
  return createHash('sha256')
    .update(readFileSync(sourcePath(name)))
    .digest('hex');
}

/** How a compilation may differ from the sources as they stand. */
export interface CompileOptions {
  /** Sources that are taken from here instead of the disk. */
  readonly replace?: Readonly<Record<string, string>>;
  /** Give code for one contract only: its source and its name. */
  readonly only?: readonly [source: string, contract: string];
  /** Without the optimizer, and whatever the warnings: for mutants, which are thrown away. */
  readonly quick?: boolean;
}

/**
 * Compiles sources and everything they import.
 *
 * @param names sources below `contracts/`
 * @throws Error with solc's own words on the first error or, unless quick, warning
 */
export function compile(names: readonly string[], options: CompileOptions = {}): Compilation {
  if (!solc.version().startsWith(`${SOLC_VERSION}+`)) {
    throw new Error(`solc is ${solc.version()}, wanted ${SOLC_VERSION}: run "npm ci".`);
  }
  const [file, contract] = options.only ?? ['*', '*'];
  const read = (name: string): string => options.replace?.[name] ?? readFileSync(sourcePath(name), 'utf8');
  const input = {
    language: 'Solidity',
    sources: Object.fromEntries(names.map((name) => [name, { content: read(name) }])),
    settings: {
      ...SETTINGS,
      ...(options.quick === true ? { optimizer: QUICK } : {}),
      outputSelection: {
        [file]: { [contract]: ['abi', 'metadata', 'evm.bytecode.object', 'evm.deployedBytecode.object'] },
      },
    },
  };
  const output = JSON.parse(
    solc.compile(JSON.stringify(input), {
      import: (path) =>
        existsSync(sourcePath(path)) ? { contents: read(path) } : { error: `no such source: ${path}` },
    }),
  ) as SolcOutput;
  const complaint = output.errors?.find(
    (error) =>
      error.severity === 'error' ||
      (options.quick !== true && !isForeignWarning(error.formattedMessage, error.severity)),
  );
  if (complaint !== undefined) throw new Error(complaint.formattedMessage);
  return collect(output);
}

/** A warning about a package's source is not ours to mend; an error is always told. */
function isForeignWarning(message: string, severity: string): boolean {
  return severity !== 'error' && message.includes('--> @openzeppelin/');
}

function collect(output: SolcOutput): Compilation {
  const contracts: Record<string, Record<string, Compiled>> = {};
  const imports: Record<string, string[]> = {};
  for (const [source, named] of Object.entries(output.contracts ?? {})) {
    for (const [name, contract] of Object.entries(named)) {
      (contracts[source] ??= {})[name] = {
        abi: contract.abi,
        bytecode: `0x${contract.evm.bytecode.object}`,
        deployedBytecode: `0x${contract.evm.deployedBytecode.object}`,
      };
      const metadata = JSON.parse(contract.metadata) as { sources: Record<string, unknown> };
      imports[`${source}:${name}`] = Object.keys(metadata.sources).sort();
    }
  }
  return { contracts, imports };
}
