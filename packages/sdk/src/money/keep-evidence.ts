/** Makes evidence of what happens to one request: of its order, and of an answer that did not hold. */
import { AssayError, base64, hex, sha256 } from '@assay/core';
import type { CheckedAnswer } from '../check-answer.ts';
import { SdkError } from '../errors.ts';
import type { Reply } from '../gateway.ts';
import { HEADER_LENGTH, headOf, objectOf } from '../oip.ts';
import type { Evidence, EvidenceBook } from './evidence.ts';
import type { Prepared } from './purse.ts';

const BODY_BYTES = 16_384;
/** A receipt is some kilobytes; what is longer is none. */
const ENTRY_CHARS = 65_536;

/** An order that is about to leave. */
export function orderSent(
  request: Pick<Evidence, 'request' | 'model' | 'gateway' | 'at'>,
  prepared: Prepared | undefined,
): Evidence {
  if (prepared === undefined) return { ...request, state: 'sent' };
  const { price, signed, order, voucher } = prepared;
  const { network, vault } = price.book;
  return { ...request, state: 'sent', ordered: { network, vault, order: signed, hash: order, voucher } };
}

/** Keeps that an answer held: for the order that its receipt names, which an earlier try may have sent. */
export async function keepAnswered(
  book: EvidenceBook,
  sent: Evidence,
  { id, entry, receipt: { order } }: CheckedAnswer,
): Promise<void> {
  const held = { state: 'answered', receipt: { id, entry: base64(entry) } } as const;
  if (order === sent.ordered?.hash) return book.keep({ ...sent, ...held });
  const earlier = order === undefined ? undefined : await book.find(order);
  if (earlier !== undefined) await book.keep({ ...earlier, ...held });
  await book.keep(orderDeclined(sent, 'the answer had been ordered before'));
}

/** The gateway said no. */
export const orderDeclined = (sent: Evidence, what: string): Evidence => ({
  ...sent,
  state: 'declined',
  reason: { code: 'declined', what },
});

/** An answer came that must not be used, with the reason. */
export function answerRefused(
  sent: Evidence,
  { headers, body }: Reply,
  { code, what }: AssayError,
): Evidence {
  const receipt = receiptIn(body, headers.get(HEADER_LENGTH));
  return {
    ...sent,
    state: 'refused',
    reason: { code, what },
    ...(receipt === undefined ? {} : { receipt }),
    answer: {
      sha256: hex(sha256(body)),
      bytes: body.length,
      ...(body.length > BODY_BYTES ? {} : { body: base64(body) }),
    },
  };
}

/** The same error for whoever asked, with the name under which its evidence is kept. */
export function keptError(error: AssayError, request: string): Error {
  if (!(error instanceof SdkError)) return error;
  return new SdkError(error.code, {
    what: error.what,
    where: `request ${request}`,
    fix: `Do not use the answer. What came is kept: payments.explain("${request}"), or "assay pay explain ${request}", says what can be done.`,
    cause: error,
  });
}

/** An answer that does not hold, and of which nothing could be kept. */
export const notKept = (refusal: AssayError, cause: unknown): SdkError =>
  new SdkError('not-kept', {
    what: `the answer does not hold (${refusal.what}), and it could not be kept as evidence`,
    where: 'store',
    fix: 'Do not use the answer; see that the store can be written.',
    cause,
  });

/** The receipt that an answer names, as it came; none where nothing can be read as one. */
function receiptIn(body: Uint8Array, headerLength: string | null): Evidence['receipt'] {
  try {
    const parameters = objectOf(headOf(body, headerLength)['parameters']);
    const { assay_receipt: id, assay_entry: entry } = parameters;
    return typeof id === 'string' && typeof entry === 'string' && entry.length <= ENTRY_CHARS
      ? { id: id.slice(0, 64), entry }
      : undefined;
  } catch (error) {
    if (error instanceof AssayError) return undefined;
    throw error;
  }
}
