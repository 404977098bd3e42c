/** `assay wallet`: the key that pays, what it holds, and what it has deposited. */
import { buildRouteMap } from '@stricli/core';
import type { CliContext } from '../cli-context.ts';
import { walletDeposit } from './wallet-deposit.ts';
import { walletFund } from './wallet-fund.ts';
import { walletNew } from './wallet-new.ts';
import { walletShow } from './wallet-show.ts';
import { walletWithdraw } from './wallet-withdraw.ts';

export const wallet = buildRouteMap<'new' | 'show' | 'fund' | 'deposit' | 'withdraw', CliContext>({
  routes: {
    new: walletNew,
    show: walletShow,
    fund: walletFund,
    deposit: walletDeposit,
    withdraw: walletWithdraw,
  },
  docs: { brief: 'Make a wallet, fund it, and see what it holds' },
});
