/** Targets of a channel as people write them: `v1=90%`, always adding up to everything. */
import { WEIGHT_TOTAL } from '@assay/core';
import type { Registry } from '@assay/views';
import { CliError } from '../cli-error.ts';
import { findVersion } from '../names/models.ts';

/**
 * Integer weights of `targets`, each `VERSION=PERCENT%` with at most two decimals.
 *
 * @param model  full name of the channel's model
 * @throws CliError `usage` unless they add up to 100 %
 */
export function parseWeights(
  registry: Registry,
  model: string,
  targets: readonly string[],
): Record<string, number> {
  const to: Record<string, number> = {};
  for (const target of targets) {
    const [, name, percent] = /^(.+)=(\d{1,3}(?:\.\d{1,2})?)%?$/.exec(target) ?? [];
    if (name === undefined || percent === undefined) {
      throw new CliError('usage', {
        what: `"${target}" is no target`,
        fix: 'Write VERSION=PERCENT%, such as v2=10%.',
      });
    }
    const { digest } = findVersion(registry, name, model);
    if (to[digest] !== undefined) throw new CliError('usage', { what: `"${name}" is a target twice` });
    to[digest] = Math.round(Number(percent) * 100);
  }
  const total = Object.values(to).reduce((sum, weight) => sum + weight, 0);
  if (total !== WEIGHT_TOTAL) {
    throw new CliError('usage', { what: `the targets add up to ${total / 100} %, not to 100 %` });
  }
  return Object.fromEntries(Object.entries(to).filter(([, weight]) => weight > 0));
}

/** `v1 90 %, v2 10 %`; `nothing` for a stopped channel. */
export function weightsText(to: Readonly<Record<string, number>>, name: (digest: string) => string): string {
  const parts = Object.entries(to).map(([digest, weight]) => `${name(digest)} ${weight / 100} %`);
  return parts.length === 0 ? 'nothing' : parts.join(', ');
}
