/** The client that commands ask and pay with: it trusts by the log that was read, and pays from a key's wallet. */
import type { Signer } from '@assay/core';
import type { Identity } from '@assay/core/node';
import { loadSecp256k1 } from '@assay/pay/node';
import { Assay, type Budget, localWallet, type Wallet } from '@assay/sdk';
import { FileStore } from '@assay/sdk/node';
import type { Registry } from '@assay/views';
import { join } from 'node:path';
import type { Session } from '../session.ts';

/** Who asks and pays. */
export interface Asker {
  /** Signs what is asked; absent for an anonymous question. */
  readonly key: Signer | undefined;
  /** Whose payment key pays, and under which name its books are kept; absent where nobody pays. */
  readonly payer: { readonly name: string; readonly identity: Identity } | undefined;
  readonly budget?: Budget;
}

/** A client of the session's gateway. */
export function clientOf(session: Session, asker: Asker, registry?: Registry): Assay {
  const { clock, entropy } = session.context;
  const { key, payer, budget } = asker;
  return new Assay({
    gateway: session.gatewayUrl,
    policy: session.policy,
    key,
    ...(payer === undefined ? {} : { wallet: walletOf(payer.identity), store: bookOf(session, payer.name) }),
    ...(budget === undefined ? {} : { budget }),
    ...(registry === undefined ? {} : { participants: (keyId) => registry.participants.get(keyId) }),
    followProofs: false,
    rpc: session.network.money?.rpc,
    curve: loadSecp256k1(() => undefined),
    clock,
    entropy,
  });
}

/** The wallet of an identity's payment key. */
export function walletOf({ paymentSecret }: Identity): Wallet {
  return localWallet(
    paymentSecret,
    loadSecp256k1(() => undefined),
  );
}

/** Where a wallet's books are; earlier builds kept them as JSON. */
export function bookOf(session: Session, name: string): FileStore {
  const path = join(session.dir, 'state', 'wallets', name);
  return new FileStore(`${path}.book`, { before: `${path}.json` });
}
