/** x402 headers: base64 of JSON. Read strictly, within a size, and into typed errors. */
import { AssayError, base64, canonicalJson, fromBase64, parseJson, utf8 } from '@assay/core';
import type { z } from 'zod';
import { PayError } from '../errors.ts';
import {
  type PaymentPayload,
  paymentPayload,
  type PaymentRequired,
  paymentRequired,
  type SettleResponse,
  settleResponse,
} from './messages.ts';

/** Header names; HTTP does not care for their case. */
export const PAYMENT_REQUIRED = 'PAYMENT-REQUIRED';
export const PAYMENT_SIGNATURE = 'PAYMENT-SIGNATURE';
export const PAYMENT_RESPONSE = 'PAYMENT-RESPONSE';

/** The longest header that is looked into, in characters. A deposit with an order and both extensions is some 4 000. */
export const MAX_HEADER_CHARS = 12_288;

/** @throws PayError `header`, `too-large` or `version` */
export const readPaymentRequired = (header: string): PaymentRequired =>
  read(header, paymentRequired, PAYMENT_REQUIRED);
/** @throws PayError `header`, `too-large` or `version` */
export const readPaymentPayload = (header: string): PaymentPayload =>
  read(header, paymentPayload, PAYMENT_SIGNATURE);
/** @throws PayError `header`, `too-large` or `version` */
export const readSettleResponse = (header: string): SettleResponse =>
  read(header, settleResponse, PAYMENT_RESPONSE);

/** The text of a header. Canonical JSON, so that a stored answer gives the same header again. */
export function writeHeader(message: PaymentRequired | PaymentPayload | SettleResponse): string {
  return base64(utf8(canonicalJson(message)));
}

function read<T>(header: string, schema: z.ZodType<T>, name: string): T {
  if (header.length > MAX_HEADER_CHARS) {
    throw new PayError('too-large', { what: `${header.length} characters`, where: name });
  }
  const value = decode(header, name);
  const version = (value as { x402Version?: unknown } | null)?.x402Version;
  if (version !== undefined && version !== 2) {
    throw new PayError('version', {
      what: `x402Version ${JSON.stringify(version)} is not spoken here`,
      where: name,
      fix: 'Use x402 version 2.',
    });
  }
  return checked(schema, value, name);
}

/** `value` under `schema`. @throws PayError `header` that names the member */
export function checked<T>(schema: z.ZodType<T>, value: unknown, where: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw new PayError('header', {
    what: issue?.message ?? 'does not have the shape of its message',
    where: [where, ...(issue?.path ?? []).map(String)].join('.'),
  });
}

function decode(header: string, name: string): unknown {
  try {
    return parseJson(fromBase64(header));
  } catch (cause) {
    if (!(cause instanceof AssayError)) throw cause;
    throw new PayError('header', { what: cause.what, where: name, fix: 'Send base64 of JSON.', cause });
  }
}
