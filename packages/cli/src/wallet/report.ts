/** What commands about money have in common: whose wallet, whose books, and amounts as people read them. */
import type { Assay } from '@assay/sdk';
import { CliError } from '../cli-error.ts';
import type { MoneyDescription } from '../network/money.ts';
import type { Session } from '../session.ts';
import type { Signatory } from '../signatory.ts';
import { clientOf } from './client.ts';

/** The network's money. @throws CliError `no-network` where everything is free */
export function moneyOf(session: Session): MoneyDescription {
  const { money } = session.network;
  if (money !== undefined) return money;
  throw new CliError('no-network', {
    what: 'this network has no money: everything is free here',
    where: session.dir,
    fix: 'Start one without --free.',
  });
}

/** Whose wallet: `--key`, else the agent's. */
export const walletHolder = (session: Session): Signatory => session.signatory('agent');

/** A client with the wallet's books. */
export function bookClient(session: Session): Assay {
  const { name, identity } = walletHolder(session);
  return clientOf(session, { key: undefined, payer: { name, identity } });
}

/** `0.001013 simUSD` of atomic units. */
export function moneyText(session: Session, amount: string): string {
  const { decimals, symbol } = session.network.money?.token ?? { decimals: 0, symbol: 'atomic units' };
  const digits = amount.padStart(decimals + 1, '0');
  const part = digits.slice(digits.length - decimals).replace(/0+$/, '');
  return `${digits.slice(0, digits.length - decimals)}${part === '' || decimals === 0 ? '' : `.${part}`} ${symbol}`;
}
