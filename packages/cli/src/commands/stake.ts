/** `assay stake`: money that participants may lose. */
import { buildRouteMap } from '@stricli/core';
import type { CliContext } from '../cli-context.ts';
import { stakeAdd } from './stake-add.ts';
import { stakeShow } from './stake-show.ts';
import { stakeSlash } from './stake-slash.ts';
import { stakeUnbond } from './stake-unbond.ts';
import { stakeWithdraw } from './stake-withdraw.ts';

export const stake = buildRouteMap<'add' | 'unbond' | 'withdraw' | 'show' | 'slash', CliContext>({
  routes: { add: stakeAdd, unbond: stakeUnbond, withdraw: stakeWithdraw, show: stakeShow, slash: stakeSlash },
  docs: { brief: 'Bond money that a participant may lose, take it back, and slash by proof' },
});
