/** What commands about money have in common: whose wallet, whose books, and amounts as people read them. */
import { type Assay, type Payments, SdkError } from '@assay/sdk';
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

/** What the wallet's books say of an id; the client's own hint is for programs. @throws CliError `unknown-name` */
export async function fromBooks<T>(
  session: Session,
  id: string,
  ask: (payments: Payments) => Promise<T>,
): Promise<T> {
  try {
    return await ask(bookClient(session).payments);
  } catch (error) {
    if (!(error instanceof SdkError) || error.code !== 'unknown-payment') throw error;
    throw new CliError('unknown-name', {
      what: `no payment or order "${id.slice(0, 80)}" is in the books of ${walletHolder(session).name}`,
      fix: 'See "assay pay list"; another wallet\'s books are chosen with --key.',
    });
  }
}

/** `0.001013 simUSD` of atomic units. */
export function moneyText(session: Session, amount: string): string {
  const { decimals, symbol } = session.network.money?.token ?? { decimals: 0, symbol: 'atomic units' };
  const digits = amount.padStart(decimals + 1, '0');
  const part = digits.slice(digits.length - decimals).replace(/0+$/, '');
  return `${digits.slice(0, digits.length - decimals)}${part === '' || decimals === 0 ? '' : `.${part}`} ${symbol}`;
}
