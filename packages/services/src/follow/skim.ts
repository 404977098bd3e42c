/** Knows a statement's kind and id at a glance, for readers that act on no statement of that kind. */
import { AssayError, type Envelope, fromUtf8, type Kind, parseEnvelope } from '@assay/core';

/** Kinds that no serving process acts on. They are most of a log, and verifying them again would be most of its work. */
export const OUTPUT_KINDS: ReadonlySet<Kind> = new Set(['output.receipt', 'request.deliver']);
/** Those and what became of their money: of these nobody who serves acts on more than that they are there. */
export const SERVED_KINDS: ReadonlySet<Kind> = new Set([...OUTPUT_KINDS, 'charge', 'release']);

/** An entry known at a glance. */
export interface Skimmed {
  readonly kind: Kind;
  /** Taken apart; its signature was not checked. */
  readonly envelope: Envelope;
}

// A canonical payload ends with its subject, whose name is the kind.
const KIND_AT_END = /"name":"([a-z.]+)"\}\]\}$/;
const LONGEST_END = 64;

/**
 * Kind and envelope of `entry` when it is a statement of one of `kinds`, in the canonical spelling. Nothing is verified:
 * the tree vouches for the bytes, and whoever acts on them must open them. Undefined for everything else, which is then
 * read in full.
 */
export function skimmed(entry: Uint8Array, kinds: ReadonlySet<Kind>): Skimmed | undefined {
  try {
    const envelope = parseEnvelope(entry);
    const { payload } = envelope;
    const end = fromUtf8(payload.subarray(Math.max(0, payload.length - LONGEST_END)));
    const kind = KIND_AT_END.exec(end)?.[1] as Kind | undefined;
    return kind !== undefined && kinds.has(kind) ? { kind, envelope } : undefined;
  } catch (error) {
    if (error instanceof AssayError) return undefined;
    throw error;
  }
}
