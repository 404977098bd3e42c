/** What a witness's payment key signs of a checkpoint, for the anchor contract (PROTOCOL 7.3). */
import { sha256 } from '#platform';
import { utf8 } from '../bytes.ts';
import { type Domain, structType, typedDigest } from './eip712.ts';
import { evmHex } from './evm-hex.ts';

const checkpoint = structType<{ readonly origin: string; readonly size: bigint; readonly root: string }>(
  'Checkpoint(bytes32 origin,uint64 size,bytes32 root)',
);

/** The digest of a checkpoint: its origin line by SHA-256, its size, and its root as 64 hexadecimal digits. */
export function checkpointDigest(
  domain: Domain,
  { origin, size, root }: { readonly origin: string; readonly size: string; readonly root: string },
): Uint8Array {
  return typedDigest(domain, checkpoint, {
    origin: evmHex(sha256(utf8(origin))),
    size: BigInt(size),
    root: `0x${root}`,
  });
}
