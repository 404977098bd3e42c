/** Test participants with real keys; the same digit gives the same person. */
import {
  ed25519Signer,
  findWork,
  fromHex,
  keyIdOf,
  type Kind,
  paymentKeyId,
  type Predicate,
  signPaymentKey,
  signStatement,
} from '@assay/core';
import { JOIN_WORK_BITS } from '@assay/views';

export interface Person {
  readonly keyId: string;
  readonly sign: <K extends Kind>(kind: K, predicate: Predicate<K>) => Uint8Array;
  readonly join: (
    name: string,
    ...roles: Predicate<'participant.join'>['roles']
  ) => Predicate<'participant.join'>;
}

/** Join work is dear on purpose; each test person does it once. */
const works = new Map<string, string>();

export function person(digit: string): Person {
  const signer = ed25519Signer(fromHex(digit.repeat(64)));
  const secret = fromHex(`0${digit}`.repeat(32));
  const keyId = keyIdOf(signer.publicKey);
  return {
    keyId,
    sign: (kind, predicate) => signStatement(kind, predicate, signer),
    join: (name, ...roles) => {
      const work = works.get(keyId) ?? String(findWork(signer.publicKey, JOIN_WORK_BITS));
      works.set(keyId, work);
      const paymentKey = {
        paymentKey: paymentKeyId(secret),
        paymentKeySignature: signPaymentKey(secret, keyId),
      };
      return { roles, name, endpoints: [], ...paymentKey, work };
    },
  };
}

export const operator = person('1');
export const owner = person('2');
export const nodeA = person('3');
export const nodeB = person('4');
export const stranger = person('7');
