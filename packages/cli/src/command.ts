/** How every command is built: the same options, the same help with examples, the same exit codes. */
import { AssayError } from '@assay/core';
import {
  type BaseArgs,
  buildCommand,
  type Command,
  type FlagParametersForType,
  type TypedPositionalParameters,
} from '@stricli/core';
import type { CliContext } from './cli-context.ts';
import { printReport, type Report } from './report.ts';
import { type NetworkFlags, Session } from './session.ts';

/** The option that every command has. */
export interface CommonFlags {
  readonly json: boolean;
}

/** One command, without the common parts. */
export interface CommandSpec<Flags extends object, Args extends BaseArgs, Input> {
  readonly brief: string;
  /** One to three command lines without `npx assay`. */
  readonly examples: readonly string[];
  readonly flags: FlagParametersForType<Flags, CliContext>;
  readonly args: TypedPositionalParameters<Args, CliContext>;
  readonly run: (input: Input, flags: Flags & CommonFlags, ...args: Args) => Promise<Report>;
}

const JSON_FLAG: FlagParametersForType<CommonFlags, CliContext> = {
  json: { kind: 'boolean', brief: 'Print one JSON document', default: false, withNegated: false },
};

const text = (value: string): string => value;

const NETWORK_FLAGS: FlagParametersForType<NetworkFlags, CliContext> = {
  dir: {
    kind: 'parsed',
    parse: text,
    brief: 'Folder of the local network',
    default: '.assay',
    placeholder: 'DIR',
  },
  log: { kind: 'parsed', parse: text, brief: 'URL of a remote log', optional: true, placeholder: 'URL' },
  policy: {
    kind: 'parsed',
    parse: text,
    brief: 'Trust policy file of that log',
    optional: true,
    placeholder: 'FILE',
  },
  gateway: { kind: 'parsed', parse: text, brief: 'URL of a gateway', optional: true, placeholder: 'URL' },
  key: {
    kind: 'parsed',
    parse: text,
    brief: 'Key file, or the name of one in DIR/keys, to sign with',
    optional: true,
    placeholder: 'KEY',
  },
};

/** A command that works offline. */
export function offlineCommand<Flags extends object, Args extends BaseArgs>(
  spec: CommandSpec<Flags, Args, CliContext>,
): Command<CliContext> {
  return build<Flags, Args>(spec, JSON_FLAG, (context, flags, args) => spec.run(context, flags, ...args));
}

/** A command that reads or writes a log. */
export function networkCommand<Flags extends object, Args extends BaseArgs>(
  spec: CommandSpec<Flags, Args, Session>,
): Command<CliContext> {
  return build<Flags, Args>(spec, { ...JSON_FLAG, ...NETWORK_FLAGS }, (context, flags, args) =>
    spec.run(new Session(context, flags as unknown as NetworkFlags), flags, ...args),
  );
}

type Run<Flags, Args> = (context: CliContext, flags: Flags & CommonFlags, args: Args) => Promise<Report>;

function build<Flags extends object, Args extends BaseArgs>(
  spec: Omit<CommandSpec<Flags, Args, never>, 'run'>,
  shared: object,
  run: Run<Flags, Args>,
): Command<CliContext> {
  type All = Flags & CommonFlags;
  type Declared = Parameters<typeof buildCommand<All, Args, CliContext>>[0]['parameters'];
  return buildCommand<All, Args, CliContext>({
    docs: { brief: spec.brief, fullDescription: describe(spec) },
    // The two halves are each checked against their own type; stricli wants the whole at once.
    parameters: { flags: { ...spec.flags, ...shared }, positional: spec.args } as unknown as Declared,
    async func(flags, ...args) {
      this.process.exitCode = await execute(this, flags.json, () => run(this, flags, args));
    },
  });
}

/** Runs and prints. What was thrown is "cannot tell": a failure must never look like a clean answer. */
async function execute(context: CliContext, json: boolean, run: () => Promise<Report>): Promise<number> {
  const { stdout, stderr } = context.process;
  try {
    const report = await run();
    await printReport(report, { json, write: (chunk) => stdout.write(chunk) });
    return report.exit;
  } catch (error) {
    if (json) stdout.write(`${JSON.stringify(errorData(error), null, 2)}\n`);
    else stderr.write(`${errorText(error)}\n`);
    return 2;
  }
}

/** An error as data; errors that are not ours keep their name and message. */
export function errorData(error: unknown): object {
  if (error instanceof AssayError) return error.toJSON();
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  return { error: name, code: 'unexpected', what: message };
}

/** An error in words; for one that is not ours also where it came from, so that it can be reported. */
export function errorText(error: unknown): string {
  if (error instanceof AssayError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

function describe(spec: { readonly brief: string; readonly examples: readonly string[] }): string {
  return `${spec.brief}.\n\nEXAMPLES\n${spec.examples.map((line) => `  npx assay ${line}`).join('\n')}`;
}
