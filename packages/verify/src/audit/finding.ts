/** What an audit can find: one code for each way in which a copy of a log, or what it says, can be wrong. */
import { AssayError } from '@assay/core';

/** All codes, the gravest first: the first finding of a report is the one that explains most of the others. */
export const FINDING_CODES = [
  'checkpoint-missing', // there is no checkpoint
  'checkpoint-malformed', // it is not a checkpoint
  'log-signature', // no key of the policy's log signed it, or a signature fails
  'forked-tree', // a checkpoint of this log, signed by its key, is of another tree
  'truncated-log', // fewer entries than the checkpoint, or a witness, says
  'cosignature-missing', // too few witnesses cosigned it
  'cosignature-future', // cosigned later than now
  'root-mismatch', // neither the entries nor the tiles lead to the signed root
  'entry-byte-flipped', // an entry is not the one under the signed root
  'bundle-malformed', // a bundle cannot be split into its entries
  'tile-mismatch', // a tile is not that of the signed tree
  'tile-missing', // a tile that the tree has is not served
  'entry-signature', // an entry's signature does not hold
  'entry-schema', // an entry is not a statement of ours
  'logged-checkpoint', // a logged checkpoint that the policy does not accept, or that is not what it says
  'view-root-mismatch', // a logged view root is not what the rules give
  'equivocation', // two statements under one declared key
  'charge-without-output', // money was charged for an output that is not in the log before it
  'output-without-charge', // an output with a price was neither charged nor released, although it was time
  'charge-double', // a gateway charged a receipt or a request a second time, or after its release
  'charge-undelivered', // of the receipts of one request another was delivered, or none was said to be (PROTOCOL 5.4)
  'charge-amount', // not the price by the book, not the receipt's amount, above the order, or with another fee
  'charge-order', // the order is not the receipt's, not this payer's, or had ended
  'charge-version', // another version was served than was ordered
  'charge-voucher', // the payment channel, its voucher or what was captured on it do not bear it
  'charge-receipt', // the node did not sign for the amount, or the receipt's own times do not fit
  'charge-early', // charged before a witnessed checkpoint covered the receipt
  'batch-mismatch', // a batch is not what its range of the log makes
  'batch-chain', // the chain holds another batch than the log, or one that the log has not
  'overclaimed', // more was claimed from a payment channel than was captured on it
  'refund-mismatch', // a class refund is not what its incident's scope makes
  'refund-chain', // the chain executed another refund than the log says, paid other shares, or one that the log has not
  'diverged', // a node served another version than its channel announced
  'contested', // the best evidence of what made an output contradicts itself
  'entry-unknown', // a statement of a kind or version not known here: answers are incomplete
  'rules-unknown', // a view root by rules not known here: it could not be recomputed
  'chain-unread', // charges settle on a chain that was not read
  'unauthorised', // a statement that its signer may not make; views ignore it
] as const;

export type FindingCode = (typeof FINDING_CODES)[number];

/** Findings that say "cannot tell" and not "wrong". */
export const INCONCLUSIVE: ReadonlySet<FindingCode> = new Set<FindingCode>([
  'entry-unknown',
  'rules-unknown',
  'chain-unread',
]);

/** Findings that everybody may cause and nobody is harmed by: told, and no reason to refuse the log. */
export const NOTICES: ReadonlySet<FindingCode> = new Set<FindingCode>(['unauthorised']);

/** One finding. `where` is a path below the log's prefix, or `entry <index>`. */
export class Finding extends AssayError<FindingCode> {}

/** Most findings kept of one code; beyond, only counted. A wholly rewritten log has millions. */
export const FINDINGS_KEPT = 100;

/** Collects findings and counts those it does not keep. */
export class Findings {
  readonly #kept: Finding[] = [];
  readonly counts = new Map<FindingCode, number>();

  add(code: FindingCode, what: string, where: string, fix?: string): void {
    const count = (this.counts.get(code) ?? 0) + 1;
    this.counts.set(code, count);
    if (count <= FINDINGS_KEPT)
      this.#kept.push(new Finding(code, { what, where, ...(fix === undefined ? {} : { fix }) }));
  }

  has(code: FindingCode): boolean {
    return this.counts.has(code);
  }

  /** What was kept, the gravest codes first, each in the order found. */
  get all(): readonly Finding[] {
    const rank = (finding: Finding): number => FINDING_CODES.indexOf(finding.code);
    return this.#kept.toSorted((a, b) => rank(a) - rank(b));
  }

  get verdict(): 'clean' | 'finding' | 'incomplete' {
    const codes = [...this.counts.keys()].filter((code) => !NOTICES.has(code));
    if (codes.length === 0) return 'clean';
    return codes.every((code) => INCONCLUSIVE.has(code)) ? 'incomplete' : 'finding';
  }
}
