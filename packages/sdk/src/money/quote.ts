/** What an answer may cost, from the price book that the gateway signed. */
import { fromBase64, type Json, openStatement, type Predicate } from '@assay/core';
import { chainIdOf, type PaymentRequirement, priceOf } from '@assay/pay';
import { SdkError } from '../errors.ts';
import { objectOf } from '../oip.ts';

/** A price that was verified: signed by its gateway, for this model. */
export interface Price {
  /** Record id of the `price.publish`. */
  readonly id: string;
  readonly gateway: string;
  readonly book: Predicate<'price.publish'>;
  readonly chainId: number;
  /** KiB of output that the ceiling of an offer allows for. */
  readonly outputAllowanceKib: number;
  readonly offers: readonly PaymentRequirement[];
  readonly token: { readonly symbol: string; readonly decimals: number };
}

/** Reads and verifies the price in a gateway's terms. @throws SdkError `price`; EnvelopeError */
export function readPrice(price: Json, model: string, where: string): Price {
  const { id, entry, token, outputAllowanceKib, accepts } = objectOf(price);
  const { symbol, decimals } = objectOf(token);
  if (typeof entry !== 'string' || typeof outputAllowanceKib !== 'number' || !Array.isArray(accepts))
    throw wrong('it cannot be read', where);
  if (typeof symbol !== 'string' || typeof decimals !== 'number') throw wrong('it names no token', where);
  const statement = openStatement(fromBase64(entry));
  if (statement.kind !== 'price.publish' || statement.id !== id)
    throw wrong('it is not a signed price', where);
  const { predicate: book, signer: gateway } = statement;
  if (book.model !== model) throw wrong(`it is for ${book.model}`, where);
  const offers = accepts as unknown as readonly PaymentRequirement[];
  const strange = offers.some(
    ({ network, asset, payTo }) => network !== book.network || asset !== book.asset || payTo !== book.vault,
  );
  if (strange) throw wrong('its offers are not those of its price book', where);
  return {
    id: statement.id,
    gateway,
    book,
    chainId: chainIdOf(book.network),
    outputAllowanceKib,
    offers,
    token: { symbol, decimals },
  };
}

/** What one request is offered at: the same figure that the gateway computes. */
export function offeredAmount({ book, outputAllowanceKib }: Price, inputBytes: number): bigint {
  const usage = { inputBytes: String(inputBytes), outputBytes: String(outputAllowanceKib * 1_024) };
  return priceOf(book, usage);
}

const wrong = (what: string, where: string): SdkError =>
  new SdkError('price', {
    what: `the gateway's price does not hold: ${what}`,
    where,
    fix: 'Ask another gateway; nothing was paid.',
  });
