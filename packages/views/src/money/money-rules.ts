/** Which rules of money are in force: they change by `rules.activate` alone, from its index on (PROTOCOL 4.6). */
import { hex, sha256, utf8 } from '@assay/core';

const digestOf = (version: number): string => `sha256:${hex(sha256(utf8(`assay money rules ${version}`)))}`;

/** From these rules on a charge needs a `request.deliver` of its gateway before it (PROTOCOL 5.4). */
export const DELIVERED_RULES = digestOf(2);

/**
 * From these rules on, which contain those before, a request is ended by each gateway for itself, and a payment channel is
 * one gateway's: anybody may join as a gateway, so nothing that one says may end what another is owed.
 */
export const PER_GATEWAY_RULES = digestOf(3);

/** The newest rules: what a new log activates at its start. */
export const MONEY_RULES = PER_GATEWAY_RULES;

/** The rules of one log. What was judged under older ones stays as it was. */
export class MoneyRules {
  #delivered = false;
  #perGatewayFrom = Infinity;

  /** Takes what the log's operator activated; other rules than those of money are not looked at. */
  activate(rules: string, index: number): void {
    if (rules !== DELIVERED_RULES && rules !== PER_GATEWAY_RULES) return;
    this.#delivered = true;
    if (rules === PER_GATEWAY_RULES) this.#perGatewayFrom = Math.min(this.#perGatewayFrom, index);
  }

  /** Whether a charge that comes now needs to have been said to be delivered. */
  get mustBeDelivered(): boolean {
    return this.#delivered;
  }

  /** Whether a record at a log index is judged for its gateway alone. */
  isPerGateway(index: number): boolean {
    return index > this.#perGatewayFrom;
  }
}
