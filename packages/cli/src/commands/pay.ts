/** `assay pay`: what was paid, what became of it, and settling it now. */
import { buildRouteMap } from '@stricli/core';
import type { CliContext } from '../cli-context.ts';
import { payEvidence } from './pay-evidence.ts';
import { payExplain } from './pay-explain.ts';
import { payList } from './pay-list.ts';
import { paySettle } from './pay-settle.ts';

export const pay = buildRouteMap<'list' | 'explain' | 'evidence' | 'settle', CliContext>({
  routes: { list: payList, explain: payExplain, evidence: payEvidence, settle: paySettle },
  docs: { brief: 'Look into payments: what was paid, and what became of it; settle what was captured' },
});
