/** What became of an order that no answer held for: what was wrong, whether it was charged all the same, and what can be done. */
import { AssayError } from '@assay/core';
import { type Gateway, GatewayAway } from '../gateway.ts';
import { objectOf } from '../oip.ts';
import type { Evidence } from './evidence.ts';
import type { Explanation, ExplainTrust } from './explain.ts';
import { proven } from './explain-proven.ts';
import { money } from './explain-words.ts';

/** What a charge of it would be, as far as somebody says. */
interface Charged {
  readonly index?: number;
  readonly amount?: string;
  readonly unverified?: string;
}

/** Never rejects for what a gateway says or does not: it is the gateway that may be at fault. */
export async function explainEvidence(
  evidence: Evidence,
  gateway: Gateway,
  trust: ExplainTrust,
): Promise<Explanation> {
  const { index, amount, unverified }: Charged = await chargeOf(evidence, gateway, trust);
  const isCharged = index !== undefined && amount !== undefined;
  const charged = isCharged
    ? [`It was charged all the same, in entry ${index} of the log: ${money(amount)}.`]
    : [];
  const unsure = unverified === undefined ? [] : [unverified];
  const remedies = remediesOf(evidence, isCharged);
  return {
    evidence,
    text: [
      ...storyOf(evidence),
      ...charged,
      ...unsure.map((what) => `Not verified: ${what}.`),
      ...remedies,
    ].join(' '),
    proved: isCharged ? { charge: index } : {},
    unverified: unsure,
    remedies,
  };
}

function storyOf({ state, request, model, gateway, at, ordered, receipt, reason }: Evidence): string[] {
  const asked = `Request ${request} asked ${model.slice(model.indexOf('/') + 1)} at ${gateway} on ${new Date(at).toISOString()}`;
  const story = [
    ordered === undefined
      ? `${asked}, where answers were free.`
      : `${asked}, ordered for at most ${money(ordered.order.maxAmount)}.`,
  ];
  if (state === 'sent') story.push('No answer is known.');
  if (state === 'declined') story.push(`The gateway declined it: ${reason?.what ?? ''}.`);
  if (state === 'refused') {
    story.push(`An answer came and was refused (${reason?.code ?? ''}): ${reason?.what ?? ''}.`);
    story.push(
      receipt === undefined
        ? 'It bore no receipt.'
        : `Its receipt ${receipt.id.slice(0, 12)} is kept as it came.`,
    );
  }
  if (ordered !== undefined && state !== 'answered') {
    const { order, voucher } = ordered;
    story.push(
      `The order is good for receipts until ${new Date(Number(order.deadline) * 1_000).toISOString()}, and its voucher goes up to ${money(voucher.maxClaimableAmount)} on payment channel ${voucher.channelId.slice(0, 12)}….`,
    );
  }
  return story;
}

function remediesOf({ state, request, reason, ordered }: Evidence, isCharged: boolean): string[] {
  const keep = `"assay pay evidence ${request} --out FILE" writes the order, the voucher and what came to a file.`;
  if (state === 'sent')
    return [
      'Ask again with the same request id: an answer that exists is given again, and costs nothing more.',
    ];
  if (state !== 'refused') return [];
  if (reason?.code === 'over-claim') {
    return [
      `Its node signed for more than was ordered, which costs it stake: "assay pay evidence ${request} --out FILE", then "assay stake slash --over-claim FILE".`,
      'A charge of it counts for nobody (rule "amount").',
    ];
  }
  const counts =
    ordered === undefined
      ? []
      : isCharged
        ? ['Whether that charge counts, "assay audit --money" says; one that does not is paid by nobody.']
        : [
            'Ask with another request id, or at another gateway: what this one can charge for is in the order.',
          ];
  return [...counts, keep];
}

/** Whether the log holds a charge of its receipt, by the gateway's word with a proof. */
async function chargeOf(
  { state, receipt, ordered }: Evidence,
  gateway: Gateway,
  trust: ExplainTrust,
): Promise<Charged> {
  if (state !== 'refused' || receipt === undefined || ordered === undefined) return {};
  try {
    const told = objectOf(await gateway.json(`/assay/v1/payments/${encodeURIComponent(receipt.id)}`));
    const charge = proven(told['charge'], 'charge', trust);
    return charge?.predicate.receipt === receipt.id
      ? { index: charge.index, amount: charge.predicate.amount }
      : {};
  } catch (error) {
    if (!(error instanceof AssayError) && !(error instanceof GatewayAway)) throw error;
    return {
      unverified: `whether it was charged all the same: ${error instanceof AssayError ? error.what : error.message}`,
    };
  }
}
