/** Admission that looks at nothing but size: for a plain tile log, and for measuring the log alone. */
import { hash } from 'node:crypto';
import { MAX_ENTRY_BYTES } from '@assay/core';
import type { EntryDescription } from '@assay/log/node';
import { type Admission, AdmissionError } from './admission.ts';

/** Takes any bytes up to `limit`; the same bytes are the same record. */
export function opaqueAdmission(limit = MAX_ENTRY_BYTES): Admission {
  const describe = (entry: Uint8Array): EntryDescription => ({
    id: hash('sha256', entry, 'hex'),
    signer: '',
    keys: [],
  });
  return {
    admit: (entry) => {
      mustFit(entry, limit);
      return describe(entry);
    },
    describe,
    logged: () => undefined,
  };
}

/** @throws AdmissionError `too-large` | `empty` */
export function mustFit(entry: Uint8Array, limit: number): void {
  if (entry.length === 0) throw new AdmissionError('empty', { what: 'an entry has at least one byte' });
  if (entry.length <= limit) return;
  throw new AdmissionError('too-large', {
    what: `an entry of ${entry.length} bytes is over ${limit}`,
    fix: 'Log a digest, and keep the content in a blob.',
  });
}
