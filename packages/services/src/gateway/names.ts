/** From the names in a URL to the model and version that they mean. */
import type { Model, Registry, Version } from '@assay/views';
import { GatewayError } from './gateway-error.ts';

/**
 * The model called `name`: in full, or by a short name that only one owner uses (PROTOCOL 1.5).
 *
 * @throws GatewayError `unknown-model` | `ambiguous-model`
 */
export function findModel(registry: Registry, name: string): Model {
  const exact = registry.models.get(name);
  if (exact !== undefined) return exact;
  const [model, ...others] = registry.models.named(name);
  if (model === undefined) {
    throw new GatewayError('unknown-model', {
      what: `there is no model "${name.slice(0, 140)}"`,
      where: 'URL',
      fix: 'Use a short name, or <owner key>/<name> with the slash written as %2F.',
    });
  }
  if (others.length === 0) return model;
  throw new GatewayError('ambiguous-model', {
    what: `"${name}" is the short name of ${others.length + 1} models`,
    where: 'URL',
    fix: `Use the full name of one: ${[model, ...others].map((each) => each.name).join(', ')}.`,
  });
}

/** The version of `model` called `name`, by label or digest. @throws GatewayError `unknown-version` */
export function findVersion(registry: Registry, model: Model, name: string): Version {
  const version = registry.models.find(model.name, name);
  if (version !== undefined) return version;
  const labels = registry.models.versionsOf(model.name).map(({ label }) => label);
  throw new GatewayError('unknown-version', {
    what: `${model.shortName} has no version "${name.slice(0, 80)}"`,
    where: 'URL',
    fix: labels.length === 0 ? 'None has been published.' : `It has ${labels.join(', ')}.`,
  });
}
