/** What admission of a receipt costs beside the one signature check in it. */
import { ed25519Verify, parseEnvelope, signStatement, systemClock } from '@assay/core';
import { type Admission, statementAdmission } from '../../packages/services/src/log-server/index.ts';
import { examples, other, signer } from '../../packages/core/test/examples.ts';
import { Quota } from '../../packages/services/src/log-server/quota.ts';

export interface AdmissionRates {
  /** Bytes of the receipts. */
  readonly bytes: number;
  /** Per CPU second. */
  readonly admit: number;
  readonly bareVerify: number;
}

/** Rounds measured, after one that warms up; the one in the middle by its ratio is told. */
const ROUNDS = 5;

/** Admits distinct receipts of some 2 KiB, and verifies the signatures of the same; alternately, so that both share the weather. */
export function admissionRates(count = 1_500): AdmissionRates {
  const join = signStatement('participant.join', examples['participant.join'], signer.signer);
  const admission = statementAdmission(other.keyId, new Quota({ perSecond: 1e6, burst: 1e6 }, systemClock));
  admission.describe(join);
  admission.logged(join, 0);
  const rounds = Array.from({ length: ROUNDS + 1 }, (_, round) => {
    const entries = Array.from({ length: count }, (__, i) => receipt(round * count + i));
    return ratesOf(admission, entries);
  });
  const measured = rounds.slice(1).toSorted((a, b) => a.admit / a.bareVerify - b.admit / b.bareVerify);
  return measured[ROUNDS >> 1] as AdmissionRates;
}

function ratesOf(admission: Admission, entries: readonly Uint8Array[]): AdmissionRates {
  const envelopes = entries.map((entry) => parseEnvelope(entry));
  const [admit, verify] = [
    { done: 0, seconds: 0 },
    { done: 0, seconds: 0 },
  ];
  for (let from = 0; from < entries.length; from += 100) {
    timed(admit, 100, (i) => admission.admit(entries[from + i] as Uint8Array));
    timed(verify, 100, (i) => {
      const envelope = envelopes[from + i];
      if (envelope === undefined || !ed25519Verify(envelope.publicKey, envelope.signed, envelope.signature)) {
        throw new Error('a signature does not hold');
      }
    });
  }
  return {
    bytes: entries[0]?.length ?? 0,
    admit: admit.done / admit.seconds,
    bareVerify: verify.done / verify.seconds,
  };
}

/** A receipt of its own for each number, of some 2 KiB. */
function receipt(i: number): Uint8Array {
  return signStatement(
    'output.receipt',
    { ...examples['output.receipt'], sequence: String(i) },
    signer.signer,
  );
}

function timed(sum: { done: number; seconds: number }, count: number, work: (i: number) => void): void {
  const start = process.cpuUsage();
  for (let i = 0; i < count; i++) work(i);
  const { user, system } = process.cpuUsage(start);
  sum.done += count;
  sum.seconds += (user + system) / 1e6;
}
