/** Settling many records by looking at some: the draw anybody can repeat, and the bound it earns. */
import { compareBytes, concat, sha256, utf8 } from '@assay/core';
import { LineageError } from '../error.ts';

/**
 * The `count` of `records` with the smallest SHA-256(seed ‖ id): nobody can choose the sample, everybody can repeat it.
 *
 * @param seed fixed after `records` were (PROTOCOL 9.1)
 */
export function drawSample(records: Iterable<string>, seed: Uint8Array, count: number): readonly string[] {
  return Array.from(records, (record) => ({ record, ticket: sha256(concat(seed, utf8(record))) }))
    .sort((a, b) => compareBytes(a.ticket, b.ticket))
    .slice(0, count)
    .map(({ record }) => record);
}

/**
 * The share that may be different among all, given that none of `sampled` was: 1 − (1 − confidence)^(1/n), so that
 * 3 000 of 3 000 bound it at 0.1 % with 95 % confidence. Such a disposition says `accepted` with this bound and the
 * draw's seed, and never `rerun_same`.
 *
 * @throws LineageError `out-of-range`
 */
export function samplingBound(sampled: number, confidence = 0.95): number {
  if (!Number.isSafeInteger(sampled) || sampled < 0 || !(confidence > 0 && confidence < 1)) {
    throw new LineageError('out-of-range', {
      what: `no bound follows from ${sampled} samples at confidence ${confidence}`,
      fix: 'Give a count from zero up and a confidence between 0 and 1.',
    });
  }
  return sampled === 0 ? 1 : 1 - (1 - confidence) ** (1 / sampled);
}
