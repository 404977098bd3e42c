/** `assay price`: what a gateway's answers cost. */
import { buildRouteMap } from '@stricli/core';
import type { CliContext } from '../cli-context.ts';
import { priceSet } from './price-set.ts';
import { priceShow } from './price-show.ts';

export const price = buildRouteMap<'set' | 'show', CliContext>({
  routes: { set: priceSet, show: priceShow },
  docs: { brief: 'Set and show what answers cost at a gateway' },
});
