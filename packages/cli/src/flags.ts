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

/** Options of a draw from the outputs that only suspect nodes clear. */
export interface SampleFlags {
  readonly sample?: number;
  readonly drawnAt?: number;
  readonly seed?: string;
}

/** `--sample`, `--drawn-at`, `--seed`. */
export const SAMPLE_FLAGS: FlagParametersForType<SampleFlags, CliContext> = {
  sample: {
    kind: 'parsed',
    parse: asPositive,
    brief: 'Of what only suspect nodes clear, a drawn sample of this many stands for all',
    optional: true,
    placeholder: 'N',
  },
  drawnAt: {
    kind: 'parsed',
    parse: asCount,
    brief: 'Witnessed log size as of which the sample is drawn',
    optional: true,
    placeholder: 'SIZE',
  },
  seed: {
    kind: 'parsed',
    parse: asSeed,
    brief: 'Seed of the draw, 64 hexadecimal digits; follows from the log when absent',
    optional: true,
    placeholder: 'HEX',
  },
};

/** A whole number from 1. @throws CliError `usage` */
export function asPositive(value: string): number {
  const count = asCount(value);
  if (count > 0) return count;
  throw new CliError('usage', { what: '0 is too few' });
}

function asSeed(value: string): string {
  if (/^[0-9a-f]{64}$/.test(value)) return value;
  throw new CliError('usage', { what: `"${value}" is no seed`, fix: 'Give 64 hexadecimal digits.' });
}
