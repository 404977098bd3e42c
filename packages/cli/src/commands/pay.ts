/** `assay pay`: what was paid, and what became of it. */
import { buildRouteMap } from '@stricli/core';
import type { CliContext } from '../cli-context.ts';
import { payExplain } from './pay-explain.ts';
import { payList } from './pay-list.ts';

export const pay = buildRouteMap<'list' | 'explain', CliContext>({
  routes: { list: payList, explain: payExplain },
  docs: { brief: 'Look into payments: what was paid, and what became of it' },
});
