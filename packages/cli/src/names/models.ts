/** Models and versions by the names people use: aliases of full names and digests (PROTOCOL 1.5). */
import type { Model, Registry, Version } from '@assay/views';
import { CliError } from '../cli-error.ts';

/** A model by its full name, or by its short name when only one has it. @throws CliError */
export function findModel(registry: Registry, name: string): Model {
  const model = registry.models.get(name);
  if (model !== undefined) return model;
  const named = registry.models.named(name);
  const [only] = named;
  if (only !== undefined && named.length === 1) return only;
  throw unclear('model', name, {
    matches: named.map((each) => each.name),
    known: [...registry.models.all].map(({ shortName }) => shortName),
  });
}

/**
 * A version by digest, by `model@label`, or by its label when only one version has it.
 *
 * @param model  full name of the model that a bare label is looked up in; all models when absent
 * @throws CliError `unknown-name` | `ambiguous-name`
 */
export function findVersion(registry: Registry, name: string, model?: string): Version {
  const direct = registry.models.version(name);
  if (direct !== undefined) return direct;
  const at = name.lastIndexOf('@');
  if (at > 0) return findVersion(registry, name.slice(at + 1), findModel(registry, name.slice(0, at)).name);
  const all = model === undefined ? [...registry.models.versions] : registry.models.versionsOf(model);
  const matches = all.filter((version) => version.label === name || isDigestPrefix(version.digest, name));
  const [only] = matches;
  if (only !== undefined && matches.length === 1) return only;
  throw unclear('version', name, {
    matches: matches.map((version) => nameOfVersion(registry, version.digest)),
    known: all.map(({ label }) => label),
  });
}

/** `label`, or `model@label` where several models have a version of that label; the digest for a stranger. */
export function nameOfVersion(registry: Registry, digest: string): string {
  const version = registry.models.version(digest);
  if (version === undefined) return digest.slice(0, 19);
  const homonyms = [...registry.models.versions].filter(({ label }) => label === version.label);
  const model = version.model.slice(version.model.indexOf('/') + 1);
  return homonyms.length > 1 ? `${model}@${version.label}` : version.label;
}

/** The error for a name with no meaning here, or with several. */
export function unclear(
  what: string,
  name: string,
  found: { readonly matches: readonly string[]; readonly known: readonly string[] },
): CliError {
  if (found.matches.length > 1) {
    return new CliError('ambiguous-name', {
      what: `"${name}" is more than one ${what}`,
      fix: `Write one of ${found.matches.slice(0, 5).join(', ')}.`,
    });
  }
  const known = found.known.slice(0, 8).join(', ');
  return new CliError('unknown-name', {
    what: `there is no ${what} "${name}" in this log`,
    fix: known === '' ? `The log holds no ${what} yet.` : `It holds ${known}.`,
  });
}

const isDigestPrefix = (digest: string, name: string): boolean =>
  /^(sha256:)?[0-9a-f]{8,64}$/.test(name) &&
  digest.startsWith(name.startsWith('sha256:') ? name : `sha256:${name}`);
