/** The log's operator as a participant: joins first, says which rules are in force, and logs every witnessed checkpoint. */
import { declaredKeys, hex, sha256, signStatement, utf8 } from '@assay/core';
import type { Identity } from '@assay/core/node';
import { parseCheckpoint, parseNote } from '@assay/log';
import type { Log } from '@assay/log/node';
import { joinEntry } from '../participant/index.ts';
import type { Admission } from './admission.ts';

/** Acts for the operator of one log. */
export class Operator {
  readonly #log: Log;
  readonly #admission: Admission;
  readonly #identity: Identity;

  constructor(log: Log, admission: Admission, identity: Identity) {
    this.#log = log;
    this.#admission = admission;
    this.#identity = identity;
  }

  /** Logs the operator's own join as the log's first entry; views know the operator by it. */
  async join(endpoints: readonly string[]): Promise<void> {
    if (this.#log.size > 0) return;
    await this.#append(joinEntry(this.#identity, { roles: ['log'], name: 'log-operator', endpoints }));
  }

  /**
   * Puts rules in force, by digest, unless this did so before. The nonce follows from the rules, so that the same is said in
   * the same bytes at every start, and the log keeps it once.
   */
  async activate(rules: readonly string[]): Promise<void> {
    for (const each of rules) {
      const nonce = hex(sha256(utf8(`assay rules ${each}`))).slice(0, 32);
      await this.#append(signStatement('rules.activate', { rules: each, nonce }, this.#identity.signer));
    }
  }

  /** Logs a witnessed checkpoint as `checkpoint.cosigned`, once per size (PROTOCOL 3.1). */
  async logCosigned(note: Uint8Array): Promise<void> {
    const text = new TextDecoder().decode(note);
    const { origin, size } = parseCheckpoint(parseNote(note).text);
    const predicate = { origin, size: String(size), note: text };
    // After a crash between publishing and logging, the same size may come by again with other timestamps.
    const [key] = declaredKeys('checkpoint.cosigned', predicate, this.#identity.keyId);
    if (key !== undefined && this.#log.indexOfKey(this.#identity.keyId, key) !== undefined) return;
    await this.#append(signStatement('checkpoint.cosigned', predicate, this.#identity.signer));
  }

  async #append(bytes: Uint8Array): Promise<void> {
    await this.#log.append({ bytes, ...this.#admission.admit(bytes) });
  }
}
