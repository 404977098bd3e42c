/**
 * Keys of private content (PROTOCOL 8.3): one for each chunk, from the tenant's key and what is in the chunk.
 *
 * Equal chunks of one tenant come out as equal bytes, so they are stored once; those of two tenants never do, so nobody
 * can find out by storing it whether another has it. A key encrypts one message only, its own chunk, hence the fixed nonce.
 */
import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto';
import { concat, hex, sha256, utf8 } from '@assay/core';
import { FormatError } from '../../errors.ts';

/** Bytes by which encryption lengthens a chunk: the tag. */
export const TAG_BYTES = 16;
const NONCE = new Uint8Array(12);

export class TenantKey {
  readonly #key: Uint8Array;

  /** `key`: 32 secret bytes, whose loss is the loss of everything encrypted under them. */
  constructor(key: Uint8Array) {
    if (key.length !== 32) throw new RangeError(`a tenant key has 32 bytes, not ${key.length}`);
    this.#key = key;
  }

  /** AES-256-GCM under HMAC-SHA-256(tenant key, "chunk" ‖ 0 ‖ SHA-256(chunk)). */
  encryptChunk(chunk: Uint8Array): Uint8Array {
    return seal(this.#derive('chunk', sha256(chunk)), chunk);
  }

  /** @throws FormatError `manifest` unless these are the chunk's bytes under this tenant's key */
  decryptChunk(bytes: Uint8Array, id: Uint8Array): Uint8Array {
    return open(this.#derive('chunk', id), bytes, `chunk ${hex(id)}`);
  }

  /** The index of a private blob, named by what is in it, so that the same content makes the same blob. */
  encryptIndex(index: Uint8Array): Uint8Array {
    const name = this.#derive('index name', sha256(index));
    return concat(name, seal(this.#derive('index', name), index));
  }

  /** @throws FormatError `manifest` when it is not an index of this tenant */
  decryptIndex(bytes: Uint8Array): Uint8Array {
    return open(this.#derive('index', bytes.subarray(0, 32)), bytes.subarray(32), 'the index');
  }

  #derive(purpose: string, of: Uint8Array): Uint8Array {
    return createHmac('sha256', this.#key)
      .update(utf8(`${purpose}\0`))
      .update(of)
      .digest();
  }
}

function seal(key: Uint8Array, bytes: Uint8Array): Uint8Array {
  const cipher = createCipheriv('aes-256-gcm', key, NONCE);
  return Buffer.concat([cipher.update(bytes), cipher.final(), cipher.getAuthTag()]);
}

function open(key: Uint8Array, bytes: Uint8Array, what: string): Uint8Array {
  const end = bytes.length - TAG_BYTES;
  if (end < 0) throw new FormatError('manifest', { what: `${what} is shorter than any ciphertext` });
  const decipher = createDecipheriv('aes-256-gcm', key, NONCE, { authTagLength: TAG_BYTES });
  decipher.setAuthTag(bytes.subarray(end));
  try {
    return Buffer.concat([decipher.update(bytes.subarray(0, end)), decipher.final()]);
  } catch (cause) {
    throw new FormatError('manifest', {
      what: `${what} does not open with this tenant's key`,
      fix: 'Give the key that the blob was stored with.',
      cause,
    });
  }
}
