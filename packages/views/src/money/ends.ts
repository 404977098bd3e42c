/** What became of receipts and of payers' requests: each ends once, with each gateway for itself. */

/** How a request ends. */
export type End = 'charged' | 'released';

/** One receipt, the request that it answers where that is known, and the gateway that ends them. */
export interface Ending {
  /** The gateway by its first key, however often it rotated. */
  readonly gateway: string;
  /** Record id. */
  readonly receipt: string | undefined;
  /** As `requestKey` has it. */
  readonly request: string | undefined;
}

/** A payer's request, whoever answered it. */
export const requestKey = (payer: string, requestId: string): string => `${payer} ${requestId}`;

/** The ends of one log. */
export class Ends {
  /** By `<gateway> <receipt or request>`, and without the gateway for what any gateway ended. */
  readonly #ends = new Map<string, End>();

  /** Notes an end for its gateway and, for what is judged by the older rules, for all. */
  end({ gateway, receipt, request }: Ending, how: End): void {
    for (const what of [receipt, request]) {
      if (what === undefined) continue;
      this.#ends.set(what, how);
      this.#ends.set(`${gateway} ${what}`, how);
    }
  }

  /** How it ended with this gateway; `charged` when either was. */
  of({ gateway, receipt, request }: Ending): End | undefined {
    return this.#strongest([receipt, request], `${gateway} `);
  }

  /** How it ended with whichever gateway. */
  ofAny({ receipt, request }: Omit<Ending, 'gateway'>): End | undefined {
    return this.#strongest([receipt, request], '');
  }

  #strongest(of: readonly (string | undefined)[], prefix: string): End | undefined {
    const ends = of.map((what) => (what === undefined ? undefined : this.#ends.get(prefix + what)));
    return ends.find((end) => end === 'charged') ?? ends.find((end) => end !== undefined);
  }
}
