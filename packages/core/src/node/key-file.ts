/** Private keys on disk: one JSON file per participant, mode 0600, refused when others can read it. */
import { closeSync, fsyncSync, openSync, readFileSync, statSync, writeSync } from 'node:fs';
import { AssayError, base64, type Entropy, fromBase64, keyIdOf, paymentKeyId } from '../index.ts';
import { ed25519Signer, type Signer } from '#platform';

/** A key file that is missing, unreadable, readable by others, or malformed. */
export class KeyFileError extends AssayError<'missing' | 'exists' | 'permissions' | 'malformed'> {}

/** A participant's own keys, ready to sign. */
export interface Identity {
  readonly keyId: string;
  readonly signer: Signer;
  /** `secp256k1:<hex>`; the secret stays in `paymentSecret`. */
  readonly paymentKey: string;
  readonly paymentSecret: Uint8Array;
}

/** Makes a new identity from fresh entropy and writes it. Never overwrites. @throws KeyFileError `exists` */
export function createIdentity(path: string, entropy: Entropy): Identity {
  const seed = entropy.bytes(32);
  const paymentSecret = entropy.bytes(32);
  const text = `${JSON.stringify({ seed: base64(seed), paymentSecret: base64(paymentSecret) }, null, 2)}\n`;
  let file: number;
  try {
    file = openSync(path, 'wx', 0o600);
  } catch (cause) {
    throw new KeyFileError('exists', { what: 'a key file is never overwritten', where: path, cause });
  }
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  return identityOf(seed, paymentSecret);
}

/** Reads an identity. @throws KeyFileError */
export function loadIdentity(path: string): Identity {
  const mode = permissionsOf(path);
  if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
    throw new KeyFileError('permissions', {
      what: `mode ${(mode & 0o777).toString(8)} lets others read a private key`,
      where: path,
      fix: `Run "chmod 600 ${path}", and rotate the key if others had access.`,
    });
  }
  let fields: { seed: string; paymentSecret: string };
  try {
    fields = JSON.parse(readFileSync(path, 'utf8')) as typeof fields;
    return identityOf(fromBase64(fields.seed), fromBase64(fields.paymentSecret));
  } catch (cause) {
    throw new KeyFileError('malformed', {
      what: 'expected {"seed", "paymentSecret"}, each 32 bytes in base64',
      where: path,
      cause,
    });
  }
}

/** Reads the identity at `path`, or makes it when there is none. */
export function openIdentity(path: string, entropy: Entropy): Identity {
  return statSync(path, { throwIfNoEntry: false }) === undefined
    ? createIdentity(path, entropy)
    : loadIdentity(path);
}

/** The identity of two 32-byte secrets. */
export function identityOf(seed: Uint8Array, paymentSecret: Uint8Array): Identity {
  const signer = ed25519Signer(seed);
  return { keyId: keyIdOf(signer.publicKey), signer, paymentKey: paymentKeyId(paymentSecret), paymentSecret };
}

function permissionsOf(path: string): number {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) throw new KeyFileError('missing', { what: 'there is no key file', where: path });
  return stat.mode;
}
