/** Health and metadata of the Open Inference Protocol. */
import type { Manifest } from '@assay/core';
import type { Model, Version } from '@assay/views';
import type { Context, Hono } from 'hono';
import type { NodeBindings } from '../serving/index.ts';
import { GatewayError } from './gateway-error.ts';
import type { InferContext } from './infer.ts';
import { findModel, findVersion } from './names.ts';
import { liveness, modelMetadata, modelReadiness, readiness, serverMetadata } from './oip/index.ts';

/** What these routes need. */
export interface ModelService {
  readonly infer: Pick<InferContext, 'view' | 'peers' | 'defaultChannel'>;
  readonly isReady: () => boolean;
  /** Version of this program. */
  readonly release: string;
}

/** Adds the routes. */
export function modelRoutes(app: Hono<NodeBindings>, service: ModelService): void {
  app.get('/v2', (c) => c.json(serverMetadata('assay', service.release)));
  app.get('/v2/health/live', (c) => c.json(liveness(true)));
  app.get('/v2/health/ready', (c) => c.json(readiness(service.isReady()), service.isReady() ? 200 : 503));

  const metadata = (c: Context<NodeBindings>): Response => {
    const { model, version } = named(c, service);
    const versions = service.infer.view.registry.models.versionsOf(model.name).map(({ label }) => label);
    return c.json(
      modelMetadata({ name: c.req.param('model') as string, versions, manifest: schemaOf(version) }),
    );
  };
  const ready = (c: Context<NodeBindings>): Response => {
    const { version } = named(c, service);
    const isReady = version.withdrawnAt === undefined && service.infer.peers.covers(version.digest);
    return c.json(modelReadiness(c.req.param('model') as string, isReady), isReady ? 200 : 503);
  };
  for (const path of ['/v2/models/:model', '/v2/models/:model/versions/:version']) {
    app.get(path, metadata);
    app.get(`${path}/ready`, ready);
  }
}

/** What of a version's manifest the log itself tells. */
function schemaOf({ inputs, outputs }: Version): Pick<Manifest, 'format' | 'inputs' | 'outputs'> {
  return { format: 'onnx', inputs, outputs };
}

/** The version that the URL names, or the heaviest of those that the default channel announces. */
function named(c: Context<NodeBindings>, { infer }: ModelService): { model: Model; version: Version } {
  const { registry, witnessedSize } = infer.view;
  const model = findModel(registry, c.req.param('model') as string);
  const name = c.req.param('version');
  if (name !== undefined) return { model, version: findVersion(registry, model, name) };
  const decision = registry.channels.inForce(`${model.name}/${infer.defaultChannel}`, witnessedSize);
  const [heaviest] = Object.entries(decision?.to ?? {}).toSorted(([, a], [, b]) => b - a);
  const version =
    registry.models.version(heaviest?.[0] ?? '') ?? registry.models.versionsOf(model.name).at(-1);
  if (version !== undefined) return { model, version };
  throw new GatewayError('unknown-version', { what: `${model.shortName} has no version yet`, where: 'URL' });
}
