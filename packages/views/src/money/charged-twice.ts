/** Requests of a payer that several gateways charged: each by right, since a payer who ordered twice has asked twice. */
import type { ChargeRecord } from './charge-record.ts';
import { requestKey } from './ends.ts';
import type { Money } from './money.ts';

/** One request, and what was charged for it. */
export interface ChargedTwice {
  readonly payer: string;
  readonly request: string;
  /** In log order, by two gateways or more. */
  readonly charges: readonly ChargeRecord[];
}

/** Every request of a payer that two gateways or more charged, in the order of their first charges. */
export function chargedTwice({ charges }: Money): readonly ChargedTwice[] {
  const byRequest = Map.groupBy(charges, ({ charge, output }) =>
    requestKey(charge.payer, output.receipt.request.id),
  );
  return Array.from(byRequest.values())
    .filter((own) => new Set(own.map(({ gateway }) => gateway)).size > 1)
    .flatMap((own) => {
      const [first] = own;
      if (first === undefined) return [];
      return { payer: first.charge.payer, request: first.output.receipt.request.id, charges: own };
    });
}
