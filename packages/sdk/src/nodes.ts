/** Who is a node: judged by the join that the log has, never by the gateway's word. */
import { type Clock, fromBase64, publicKeyOf, unixSeconds, verifyPaymentKey, workBits } from '@assay/core';
import { parseTlogProof, type Policy } from '@assay/log';
import { verifyLoggedEntry } from '@assay/verify';
import { JOIN_WORK_BITS } from '@assay/views';
import { SdkError } from './errors.ts';
import type { Gateway } from './gateway.ts';
import { objectOf } from './oip.ts';

/** What is known of a participant whose signature is to be believed. */
export interface KnownParticipant {
  readonly roles: readonly string[];
  /** `secp256k1:<hex of the compressed public key>`. */
  readonly paymentKey: string;
}

/** Finds participants by key id: a view of the log that the caller keeps, or the joins with their proofs. */
export type Participants = (
  keyId: string,
  gateway: Gateway,
) => Promise<KnownParticipant | undefined> | KnownParticipant | undefined;

/**
 * Participants by their logged joins, each fetched and verified once: signature, work, payment key, inclusion, and
 * witnesses by the caller's own policy. That a key has not left since is for a follower of the log to know.
 */
export function provenParticipants(policy: Policy, clock: Clock): Participants {
  const known = new Map<string, Promise<KnownParticipant | undefined>>();
  return (keyId, gateway) => {
    const found = known.get(keyId) ?? prove(keyId, gateway, { policy, judgedAt: unixSeconds(clock) });
    known.set(keyId, found);
    found.catch(() => known.delete(keyId));
    return found;
  };
}

async function prove(
  keyId: string,
  gateway: Gateway,
  trust: { readonly policy: Policy; readonly judgedAt: number },
): Promise<KnownParticipant | undefined> {
  const { entry, proof } = objectOf(await gateway.json(`/assay/v1/participants/${keyId}`));
  if (typeof entry !== 'string' || typeof proof !== 'string') return undefined;
  const { statement } = verifyLoggedEntry(fromBase64(entry), parseTlogProof(fromBase64(proof)), trust);
  if (statement.kind !== 'participant.join' || statement.signer !== keyId) return undefined;
  const { roles, paymentKey, paymentKeySignature, work } = statement.predicate;
  const holds =
    workBits(publicKeyOf(keyId), Number(work)) >= JOIN_WORK_BITS &&
    verifyPaymentKey(paymentKey, paymentKeySignature, keyId);
  return holds ? { roles, paymentKey } : undefined;
}

/** The node that signed. @throws SdkError `untrusted-node` */
export async function trustedNode(
  keyId: string,
  gateway: Gateway,
  participants: Participants,
): Promise<KnownParticipant> {
  const found = await participants(keyId, gateway);
  if (found?.roles.includes('node') === true) return found;
  throw new SdkError('untrusted-node', {
    what: `the receipt is signed by ${keyId}, which is no node of this log`,
    fix: 'Do not use the answer.',
  });
}
