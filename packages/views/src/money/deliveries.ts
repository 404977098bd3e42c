/** Which receipt of a request its gateway gave (PROTOCOL 5.4): failover may make several, and one is delivered. */

/** What a gateway said of a receipt's request: that it gave this one, that it gave another, or nothing yet. */
export type Delivery = 'this' | 'none' | { readonly other: string };

/** The deliveries of one log, in log order. */
export class Deliveries {
  readonly #speaksFor: (signer: string, key: string) => boolean;
  /** By receipt, who said so and when; anybody else's word about the same receipt takes nothing away. */
  readonly #said = new Map<string, { readonly gateway: string; readonly turn: number }[]>();
  /** Receipts by request, and the request of a receipt; a delivery may stand before the receipt that it names. */
  readonly #receipts = new Map<string, string[]>();
  readonly #requests = new Map<string, string>();
  #turn = 0;

  constructor(speaksFor: (signer: string, key: string) => boolean) {
    this.#speaksFor = speaksFor;
  }

  /** A gateway said that it gave a receipt. */
  said(receipt: string, gateway: string): void {
    this.#said.set(receipt, [...(this.#said.get(receipt) ?? []), { gateway, turn: this.#turn++ }]);
  }

  /** A receipt answers a request. */
  answered(request: string, receipt: string): void {
    this.#requests.set(receipt, request);
    this.#receipts.set(request, [...(this.#receipts.get(request) ?? []), receipt]);
  }

  /** The gateways that said they gave a receipt, in the order in which they did. */
  by(receipt: string): readonly string[] {
    return (this.#said.get(receipt) ?? []).map(({ gateway }) => gateway);
  }

  /** What whoever `signer` speaks for gave to the request of a receipt; of several, what it named first. */
  of(receipt: string, signer: string): Delivery {
    const request = this.#requests.get(receipt);
    const candidates = request === undefined ? [receipt] : (this.#receipts.get(request) ?? []);
    let first: { readonly receipt: string; readonly turn: number } | undefined;
    for (const each of candidates) {
      const own = this.#said.get(each)?.find(({ gateway }) => this.#speaksFor(signer, gateway));
      if (own !== undefined && own.turn < (first?.turn ?? Infinity))
        first = { receipt: each, turn: own.turn };
    }
    if (first === undefined) return 'none';
    return first.receipt === receipt ? 'this' : { other: first.receipt };
  }
}
