/** Holds an order against the request that it came with (PROTOCOL 7.1). */
import { assertOrderFor, bytes32Of, type SignedOrder } from '@assay/pay';
import type { Registry } from '@assay/views';
import type { PaidQuestion } from './paid-question.ts';

/**
 * The order is for this request, at this price, and for the pinned version or some decision of the channel. An older
 * decision will do: whether what ran has weight in it, or in one that superseded it, is judged when the receipt is there.
 *
 * @throws PayError `order`
 */
export function checkOrder(order: SignedOrder, question: PaidQuestion, { channels }: Registry): void {
  const { head, requestHash, price, target } = question;
  const channel = 'channel' in head.ask ? head.ask.channel : '';
  const ordered = channels.decision(order.target.slice(2));
  const known = ordered !== undefined && ordered.channel.name === channel ? [ordered.decision.id] : [];
  assertOrderFor(order, {
    requestId: head.id,
    requestHash: bytes32Of(requestHash(head.salts.request)),
    channel,
    targets: [target, ...known].map(bytes32Of),
    priceBook: bytes32Of(price.id),
  });
}
