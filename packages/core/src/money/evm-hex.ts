/** EVM bytes as text: `0x` and hexadecimal. Read in any case, written and compared in lower case. */
import { fromHex, hex } from '../bytes.ts';
import { MoneyError } from './money-error.ts';

/** `0x` and hexadecimal digits. */
export type EvmHex = `0x${string}`;
/** `0x` and 40 lower-case hexadecimal digits. */
export type Address = EvmHex;

/** The address that stands for nobody. */
export const ZERO_ADDRESS: Address = `0x${'0'.repeat(40)}`;
/** 32 zero bytes: "none" where typed data needs a bytes32. */
export const ZERO_BYTES32: EvmHex = `0x${'0'.repeat(64)}`;

/** `0x…` of bytes. */
export const evmHex = (bytes: Uint8Array): EvmHex => `0x${hex(bytes)}`;

/** Bytes of `0x…` text of exactly `length` bytes. @throws MoneyError `bytes` */
export function evmBytes(text: string, length: number): Uint8Array {
  if (text.length !== 2 + 2 * length || !text.startsWith('0x') || !/^[0-9a-fA-F]*$/.test(text.slice(2))) {
    throw new MoneyError('bytes', {
      what: `"${text.slice(0, 80)}" is not 0x and ${2 * length} hexadecimal digits`,
    });
  }
  return fromHex(text.slice(2).toLowerCase());
}

/** The one spelling of an address: lower case. @throws MoneyError `address` */
export function evmAddress(text: string): Address {
  if (!/^0x[0-9a-fA-F]{40}$/.test(text)) {
    throw new MoneyError('address', { what: `"${text.slice(0, 80)}" is not an address` });
  }
  return text.toLowerCase() as Address;
}

/** The chain id of a CAIP-2 network such as `eip155:8453`. @throws MoneyError `network` */
export function chainIdOf(network: string): number {
  const match = /^eip155:([1-9][0-9]{0,14})$/.exec(network);
  if (match === null) {
    throw new MoneyError('network', {
      what: `"${network.slice(0, 80)}" is not an EVM network`,
      fix: 'Write eip155:<chain id>.',
    });
  }
  return Number(match[1]);
}
