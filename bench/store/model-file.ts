/** A safetensors file of random tensors, written without holding it in memory. */
import { open } from 'node:fs/promises';
import { concat, randomBytes, utf8 } from '@assay/core';
import { MIB } from './stats.ts';

/** Header and header length of `count` tensors of `bytes` each. */
export function header(count: number, bytes: number): Uint8Array {
  const tensors = Array.from({ length: count }, (_, i) => {
    const place = { dtype: 'U8', shape: [bytes], data_offsets: [i * bytes, (i + 1) * bytes] };
    return [`layer.${i}.weight`, place] as const;
  });
  const json = utf8(JSON.stringify(Object.fromEntries(tensors)));
  const length = new Uint8Array(8);
  new DataView(length.buffer).setBigUint64(0, BigInt(json.length), true);
  return concat(length, json);
}

/** Writes `mebibytes` MiB of tensors, 16 MiB each. */
export async function writeModel(path: string, mebibytes: number): Promise<void> {
  const count = Math.ceil(mebibytes / 16);
  await using file = await open(path, 'w');
  await file.write(header(count, 16 * MIB));
  for (let i = 0; i < count * 16; i++) await file.write(randomBytes(MIB));
  await file.sync();
}
