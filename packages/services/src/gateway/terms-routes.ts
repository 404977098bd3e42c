/** GET /assay/v1/models/{m}/terms: everything that a client must know to ask a question whose receipt it can check. */
import type { Model, Registry, Version } from '@assay/views';
import { chooseVersion } from '@assay/views';
import type { Hono } from 'hono';
import type { NodeBindings } from '../serving/index.ts';
import { GatewayError } from './gateway-error.ts';
import { findModel, findVersion } from './names.ts';

/** What this route needs. */
export interface TermsService {
  readonly view: { readonly registry: Registry; readonly witnessedSize: number };
  readonly defaultChannel: string;
  /** What the model's answers cost, as it stands in the answer; undefined where they are free. */
  readonly priceOf: (model: string) => Promise<object | undefined>;
}

/** What a request may name: a version, or a channel and the decision now in force for it. */
type Target = { readonly pin: string } | { readonly channel: string; readonly decision: string };

/** Adds the route. */
export function termsRoutes(app: Hono<NodeBindings>, service: TermsService): void {
  app.get('/assay/v1/models/:model/terms', async (c) => {
    const { registry } = service.view;
    const model = findModel(registry, c.req.param('model'));
    const { target, version } = targetOf(model, service, {
      version: c.req.query('version'),
      channel: c.req.query('channel') ?? service.defaultChannel,
    });
    const price = await service.priceOf(model.name);
    return c.json({
      model: model.name,
      target,
      inputs: version.inputs,
      outputs: version.outputs,
      ...(price === undefined ? {} : { price }),
    });
  });
}

function targetOf(
  model: Model,
  { view: { registry, witnessedSize } }: TermsService,
  asked: { readonly version: string | undefined; readonly channel: string },
): { readonly target: Target; readonly version: Version } {
  if (asked.version !== undefined) {
    const version = findVersion(registry, model, asked.version);
    return { target: { pin: version.digest }, version };
  }
  const channel = `${model.name}/${asked.channel}`;
  const decision = registry.channels.inForce(channel, witnessedSize);
  const digest = decision === undefined ? undefined : chooseVersion('', decision);
  const version = digest === undefined ? undefined : registry.models.version(digest);
  if (decision !== undefined && version !== undefined)
    return { target: { channel, decision: decision.id }, version };
  const names = registry.channels.ofModel(model.name).map(({ shortName }) => shortName);
  throw new GatewayError('unknown-channel', {
    what: `the channel "${asked.channel.slice(0, 80)}" of ${model.shortName} announces nothing`,
    where: 'channel',
    fix: names.length === 0 ? 'The owner has not promoted a version yet.' : `Channels: ${names.join(', ')}.`,
  });
}
