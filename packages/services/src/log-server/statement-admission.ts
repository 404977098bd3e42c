/** Admission of statements: known type, size, one valid signature by a joined key, inside that key's quota (PROTOCOL 2.3). */
import {
  AssayError,
  AUTHORITY,
  type Envelope,
  MAX_ENTRY_BYTES,
  parseEnvelope,
  readStatement,
  type SignedStatement,
  verifyEnvelope,
  workBits,
} from '@assay/core';
import type { EntryDescription } from '@assay/log/node';
import { JOIN_WORK_BITS } from '@assay/views';
import { type Admission, AdmissionError } from './admission.ts';
import { Membership } from './membership.ts';
import { mustFit } from './opaque-admission.ts';
import type { Quota } from './quota.ts';

/**
 * Admits statements for one log.
 *
 * The cheap checks come first, the signature last but one, the quota last: nobody can spend another key's quota with
 * signatures that do not hold. Whether a signer was *entitled* to its statement is the registry's question; here only
 * the operator's own kinds are kept from everybody else, because they trigger no checkpoint.
 *
 * @param operator key id of the log's operator, who has no quota
 */
export function statementAdmission(operator: string, quota: Quota): Admission {
  return new StatementAdmission(operator, quota);
}

class StatementAdmission implements Admission {
  readonly #operator: string;
  readonly #quota: Quota;
  readonly #membership = new Membership();
  // Statements that change the membership, from their admission until they are durable.
  readonly #pending = new WeakMap<Uint8Array, SignedStatement>();

  constructor(operator: string, quota: Quota) {
    this.#operator = operator;
    this.#quota = quota;
  }

  admit(entry: Uint8Array): EntryDescription {
    mustFit(entry, MAX_ENTRY_BYTES);
    const envelope = parseEnvelope(entry);
    const statement = readStatement(envelope);
    this.#mustBeMember(statement, envelope);
    if (AUTHORITY[statement.kind] === 'operator' && statement.signer !== this.#operator) {
      throw new AdmissionError('not-operator', { what: `only the log's operator signs ${statement.kind}` });
    }
    verifyEnvelope(envelope);
    if (statement.signer !== this.#operator) this.#quota.take(statement.signer);
    return this.#describe(entry, statement);
  }

  describe(entry: Uint8Array): EntryDescription | undefined {
    try {
      return this.#describe(entry, readStatement(parseEnvelope(entry)));
    } catch (error) {
      // An entry of a kind that this version does not know: it stays in the log, and no repeat of it can come in here.
      if (error instanceof AssayError) return undefined;
      throw error;
    }
  }

  logged(entry: Uint8Array): void {
    const statement = this.#pending.get(entry);
    if (statement !== undefined) this.#membership.apply(statement);
  }

  #describe(entry: Uint8Array, statement: SignedStatement): EntryDescription {
    const { id, signer, keys, kind } = statement;
    const isNotable = Membership.isChangedBy(statement);
    if (isNotable) this.#pending.set(entry, statement);
    const isQuiet = kind === 'checkpoint.cosigned' || kind === 'view.root';
    return { id, signer, keys, isQuiet, isNotable };
  }

  #mustBeMember(statement: SignedStatement, envelope: Envelope): void {
    if (statement.kind === 'participant.join') {
      const bits = workBits(envelope.publicKey, Number(statement.predicate.work));
      if (bits >= JOIN_WORK_BITS) return;
      throw new AdmissionError('work', {
        what: `joining costs ${JOIN_WORK_BITS} bits of work; this nonce has ${bits}`,
        fix: 'Search a nonce with findWork.',
      });
    }
    if (this.#membership.isActive(statement.signer)) return;
    throw new AdmissionError('not-joined', {
      what: `${statement.signer} is not a participant of this log`,
      fix: 'Log its participant.join first.',
    });
  }
}
