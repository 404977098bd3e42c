/** Options that several commands share. */
import type { FlagParametersForType } from '@stricli/core';
import type { CliContext } from './cli-context.ts';
import { CliError } from './cli-error.ts';
import type { Wait } from '@assay/services';

/** Text as it is given. */
export const asText = (value: string): string => value;

/** A whole number from 0. @throws CliError `usage` */
export function asCount(value: string): number {
  if (/^\d{1,15}$/.test(value)) return Number(value);
  throw new CliError('usage', { what: `"${value}" is no whole number` });
}

/** A list with commas. */
export const asList = (value: string): readonly string[] =>
  value
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');

/** How long a command that signs waits for the log. */
export interface WaitFlags {
  readonly wait: Wait;
}

/** `--wait`. */
export const WAIT_FLAG: FlagParametersForType<WaitFlags, CliContext> = {
  wait: {
    kind: 'enum',
    values: ['sequenced', 'witnessed'],
    default: 'sequenced',
    brief: 'Return once the statement is in the log, or once witnesses have seen it',
  },
};

/** At which witnessed size a question is asked. */
export interface KnownAtFlags {
  readonly knownAt?: number;
}

/** `--known-at`. */
export const KNOWN_AT_FLAG: FlagParametersForType<KnownAtFlags, CliContext> = {
  knownAt: {
    kind: 'parsed',
    parse: asCount,
    brief: 'Answer as it was known at this witnessed log size',
    optional: true,
    placeholder: 'SIZE',
  },
};
