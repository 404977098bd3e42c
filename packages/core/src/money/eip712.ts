/**
 * EIP-712 typed data, for flat structs whose type string is the whole definition.
 *
 * A struct is declared once by its canonical type string; hashing a message is then one keccak over fixed words, and a
 * digest one more, because domain separators are cached. Equal to any other EIP-712 library, at a tenth of the cost.
 */
import { keccak_256 } from '@noble/hashes/sha3.js';
import { concat, utf8 } from '../bytes.ts';
import { type Address, evmAddress, evmBytes } from './evm-hex.ts';
import { MoneyError } from './money-error.ts';

/** Whom and where a signature is for (EIP-712 §domainSeparator); always all four members. */
export interface Domain {
  readonly name: string;
  readonly version: string;
  readonly chainId: number;
  readonly verifyingContract: Address;
}

/** A message's members: integers as bigint, bytes and addresses as `0x…`, strings as themselves. */
export type MessageValue = bigint | string;

/** A struct type that can hash its messages. */
export interface StructType<Message> {
  /** Its canonical type string, as EIP-712 `encodeType` gives it. */
  readonly type: string;
  /** `hashStruct(message)`. @throws MoneyError `range`, `bytes` or `address` for a member that does not fit its type */
  hash(message: Message): Uint8Array;
}

type Encode = (value: MessageValue) => Uint8Array;

/**
 * Declares a struct by its canonical type string, such as `Voucher(bytes32 channelId,uint128 maxClaimableAmount)`.
 *
 * @throws MoneyError `type` for anything but flat members of type address, string, uintN or bytesN
 */
export function structType<Message extends { readonly [K in keyof Message]: MessageValue }>(
  type: string,
): StructType<Message> {
  const members = /^\w+\((.*)\)$/.exec(type)?.[1];
  if (members === undefined) throw new MoneyError('type', { what: `"${type}" is not a struct type` });
  const fields = members.split(',').map((member) => {
    const [solidity = '', name = ''] = member.split(' ');
    return { name: name as keyof Message, encode: encoderOf(solidity) };
  });
  const typeHash = keccak_256(utf8(type));
  return {
    type,
    hash: (message) =>
      keccak_256(concat(typeHash, ...fields.map(({ name, encode }) => encode(message[name])))),
  };
}

/** The 32-byte digest that is signed: keccak(0x1901 ‖ domain separator ‖ struct hash). */
export function typedDigest<Message>(
  domain: Domain,
  struct: StructType<Message>,
  message: Message,
): Uint8Array {
  return keccak_256(concat(PREFIX, domainSeparator(domain), struct.hash(message)));
}

const PREFIX = Uint8Array.of(0x19, 0x01);

const domainType = structType<{ name: string; version: string; chainId: bigint; verifyingContract: string }>(
  'EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)',
);
const separators = new Map<string, Uint8Array>();

/** The separator of a domain, computed once. */
export function domainSeparator(domain: Domain): Uint8Array {
  const { chainId, verifyingContract, version, name } = domain;
  const key = `${chainId} ${verifyingContract} ${version.length} ${version} ${name}`;
  const known = separators.get(key);
  if (known !== undefined) return known;
  const separator = domainType.hash({ ...domain, chainId: BigInt(domain.chainId) });
  // A process knows a handful of domains; the bound is there for one that is made to see many.
  if (separators.size >= 256) separators.clear();
  separators.set(key, separator);
  return separator;
}

/** A 32-byte big-endian word of an unsigned integer of at most `bits` bits. @throws MoneyError `range` */
export function uintWord(value: bigint, bits = 256): Uint8Array {
  if (value < 0n || value >> BigInt(bits) !== 0n) {
    throw new MoneyError('range', { what: `${value} does not fit uint${bits}` });
  }
  return evmBytes(`0x${value.toString(16).padStart(64, '0')}`, 32);
}

/** An address as a 32-byte word. @throws MoneyError `address` */
export function addressWord(address: string): Uint8Array {
  return evmBytes(`0x${evmAddress(address).slice(2).padStart(64, '0')}`, 32);
}

/** A bytesN value as a 32-byte word, padded on the right. @throws MoneyError `bytes` */
export function bytesWord(value: string, length = 32): Uint8Array {
  const bytes = evmBytes(value, length);
  return length === 32 ? bytes : concat(bytes, new Uint8Array(32 - length));
}

function encoderOf(solidity: string): Encode {
  if (solidity === 'address') return (value) => addressWord(String(value));
  if (solidity === 'string') return (value) => keccak_256(utf8(String(value)));
  const [, kind, size = '256'] = /^(uint|bytes)(\d{1,3})$/.exec(solidity) ?? [];
  if (kind === 'uint') return (value) => uintWord(integer(value, solidity), Number(size));
  if (kind === 'bytes') return (value) => bytesWord(String(value), Number(size));
  throw new MoneyError('type', { what: `typed data here has no members of type "${solidity}"` });
}

function integer(value: MessageValue, solidity: string): bigint {
  if (typeof value === 'bigint') return value;
  throw new MoneyError('range', { what: `${solidity} wants an integer, not "${value.slice(0, 40)}"` });
}
