/** Typed data against viem, over random messages: one digest for one message, whoever computes it. */
import fc from 'fast-check';
import { encodeAbiParameters, hashTypedData, keccak256 } from 'viem';
import { describe, expect, it } from 'vitest';
import { canonicalJson, hex, sha256, utf8 } from '../../src/index.ts';
import {
  assayDomain,
  channelLeafHash,
  chargeLeafHash,
  checkpointDigest,
  depositNonce,
  type Domain,
  evmHex,
  type EvmHex,
  indexBits,
  orderDigest,
  paymentChannelId,
  receiptPaymentDigest,
  refundLeafHash,
  receiveDigest,
  settlementDomain,
  transferDigest,
  voucherDigest,
} from '../../src/money/index.ts';
import { examples, signer } from '../examples.ts';

const bytes = (length: number): fc.Arbitrary<EvmHex> =>
  fc.uint8Array({ minLength: length, maxLength: length }).map(evmHex);
const uint = (bits: number): fc.Arbitrary<bigint> => fc.bigInt(0n, (1n << BigInt(bits)) - 1n);
const text = fc.string({ unit: 'grapheme', maxLength: 80 }).filter((value) => value.isWellFormed());
const domainOf = fc.record({
  name: text,
  version: text,
  chainId: fc.integer({ min: 1, max: 2 ** 40 }),
  verifyingContract: bytes(20),
}) satisfies fc.Arbitrary<Domain>;
const config = fc.record({
  payer: bytes(20),
  payerAuthorizer: bytes(20),
  receiver: bytes(20),
  receiverAuthorizer: bytes(20),
  token: bytes(20),
  withdrawDelay: fc.integer({ min: 0, max: 2_592_000 }),
  salt: bytes(32),
});

/** What viem says of a flat struct. */
function viem(domain: Domain, type: string, message: Record<string, unknown>): EvmHex {
  const [, primaryType = '', members = ''] = /^(\w+)\((.*)\)$/.exec(type) ?? [];
  const fields = members.split(',').map((member) => {
    const [solidity = '', name = ''] = member.split(' ');
    return { type: solidity, name };
  });
  return hashTypedData({ domain, types: { [primaryType]: fields }, primaryType, message } as never);
}

const MEMBERS =
  '(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)';

describe('EIP-712: digests equal those of viem', () => {
  it('payment channels and vouchers', () => {
    fc.assert(
      fc.property(config, uint(128), fc.integer({ min: 1, max: 2 ** 40 }), (terms, ceiling, chainId) => {
        const id = paymentChannelId(terms, chainId);
        expect(id).toBe(
          viem(
            settlementDomain(chainId),
            'ChannelConfig(address payer,address payerAuthorizer,address receiver,address receiverAuthorizer,address token,uint40 withdrawDelay,bytes32 salt)',
            terms,
          ),
        );
        expect(evmHex(voucherDigest(id, ceiling, chainId))).toBe(
          viem(settlementDomain(chainId), 'Voucher(bytes32 channelId,uint128 maxClaimableAmount)', {
            channelId: id,
            maxClaimableAmount: ceiling,
          }),
        );
      }),
    );
  });

  it('orders', () => {
    const order = fc.record({
      paymentChannel: bytes(32),
      requestId: text,
      requestHash: bytes(32),
      channel: text,
      target: bytes(32),
      priceBook: bytes(32),
      maxAmount: uint(128).map(String),
      deadline: uint(64).map(String),
    });
    fc.assert(
      fc.property(domainOf, order, (domain, message) => {
        expect(evmHex(orderDigest(domain, message))).toBe(
          viem(
            domain,
            'Order(bytes32 paymentChannel,string requestId,bytes32 requestHash,string channel,bytes32 target,bytes32 priceBook,uint128 maxAmount,uint64 deadline)',
            { ...message, maxAmount: BigInt(message.maxAmount), deadline: BigInt(message.deadline) },
          ),
        );
      }),
    );
  });

  it('EIP-3009 authorizations, and the nonce that binds a deposit to its channel', () => {
    const authorization = fc.record({
      from: bytes(20),
      to: bytes(20),
      value: uint(256),
      validAfter: uint(256),
      validBefore: uint(256),
      nonce: bytes(32),
    });
    fc.assert(
      fc.property(domainOf, authorization, (domain, message) => {
        expect(evmHex(transferDigest(domain, message))).toBe(
          viem(domain, `TransferWithAuthorization${MEMBERS}`, message),
        );
        expect(evmHex(receiveDigest(domain, message))).toBe(
          viem(domain, `ReceiveWithAuthorization${MEMBERS}`, message),
        );
        expect(depositNonce(message.nonce, message.nonce)).toBe(
          keccak256(
            encodeAbiParameters(
              [{ type: 'bytes32' }, { type: 'uint256' }],
              [message.nonce, BigInt(message.nonce)],
            ),
          ),
        );
      }),
    );
  });

  it('PROTOCOL 5.6: receipts, over the predicate without its own signature', () => {
    const domain = assayDomain(31_337, `0x${'b'.repeat(40)}`);
    const receipt = { ...examples['output.receipt'], order: '4'.repeat(64), amount: '1030' };
    const type =
      'Receipt(bytes32 node,bytes16 stream,uint64 sequence,bytes32 receipt,bytes32 order,uint128 amount)';
    const message = {
      node: `0x${signer.keyId.slice(8)}`,
      stream: `0x${receipt.stream}`,
      sequence: 13n,
      receipt: evmHex(sha256(utf8(canonicalJson(receipt)))),
      order: `0x${receipt.order}`,
      amount: 1030n,
    };
    const digest = hex(receiptPaymentDigest(domain, signer.keyId, receipt));
    expect(`0x${digest}`).toBe(viem(domain, type, message));
    const signed = { ...receipt, paymentSignature: 'ab'.repeat(65) };
    expect(hex(receiptPaymentDigest(domain, signer.keyId, signed))).toBe(digest);
    expect(hex(receiptPaymentDigest(domain, signer.keyId, { ...receipt, amount: '1031' }))).not.toBe(digest);
  });

  it('PROTOCOL 7.3: checkpoints for the anchor', () => {
    const domain = assayDomain(8_453, `0x${'b'.repeat(40)}`);
    const root = 'c'.repeat(64);
    expect(evmHex(checkpointDigest(domain, { origin: 'log.example/assay', size: '41', root }))).toBe(
      viem(domain, 'Checkpoint(bytes32 origin,uint64 size,bytes32 root)', {
        origin: evmHex(sha256(utf8('log.example/assay'))),
        size: 41n,
        root: `0x${root}`,
      }),
    );
  });

  it('two domains that print alike are two domains', () => {
    const at = { chainId: 1, verifyingContract: `0x${'b'.repeat(40)}` } as const;
    const ids = [
      { ...at, version: '1 x', name: 'y' },
      { ...at, version: '1', name: 'x y' },
    ].map((domain) => hex(orderDigest(domain, ORDER)));
    expect(ids[0]).not.toBe(ids[1]);
  });

  it('refuses what does not fit its type', () => {
    const domain = assayDomain(1, `0x${'b'.repeat(40)}`);
    expect(() => orderDigest(domain, { ...ORDER, maxAmount: String(1n << 128n) })).toThrow(/range/);
    expect(() => orderDigest(domain, { ...ORDER, deadline: '-1' })).toThrow(/range/);
    expect(() => orderDigest(domain, { ...ORDER, target: '0x12' })).toThrow(/bytes/);
    expect(() => voucherDigest(`0x${'0'.repeat(63)}g`, 1n, 1)).toThrow(/bytes/);
  });
});

const ORDER = {
  paymentChannel: `0x${'1'.repeat(64)}`,
  requestId: 'r',
  requestHash: `0x${'2'.repeat(64)}`,
  channel: '',
  target: `0x${'3'.repeat(64)}`,
  priceBook: `0x${'4'.repeat(64)}`,
  maxAmount: '1',
  deadline: '2',
};

describe('charge leaves', () => {
  it('are keccak(keccak(abi.encode(…))) as viem encodes it', () => {
    const leaf = fc.record({
      batch: uint(256),
      receiptId: bytes(32),
      entryLeaf: bytes(32),
      logIndex: uint(64),
      payer: bytes(20),
      node: bytes(20),
      version: bytes(32),
      priceBook: bytes(32),
      amount: uint(256),
      fee: uint(256),
    });
    const types = [
      'uint256',
      'bytes32',
      'bytes32',
      'uint64',
      'address',
      'address',
      'bytes32',
      'bytes32',
      'uint256',
      'uint256',
    ];
    fc.assert(
      fc.property(leaf, (value) => {
        const encoded = encodeAbiParameters(
          types.map((type) => ({ type })),
          Object.values(value),
        );
        expect(evmHex(chargeLeafHash(value))).toBe(keccak256(keccak256(encoded)));
      }),
    );
  });

  it('PROTOCOL 7.4: so are those of payment channels, and of refunds with their bits', () => {
    const { batch, paymentChannel, cumulative } = {
      batch: 7n,
      paymentChannel: ORDER.target as EvmHex,
      cumulative: 99n,
    };
    const channel = encodeAbiParameters(
      [{ type: 'uint256' }, { type: 'bytes32' }, { type: 'uint128' }],
      [batch, paymentChannel, cumulative],
    );
    expect(evmHex(channelLeafHash({ batch, paymentChannel, cumulative }))).toBe(
      keccak256(keccak256(channel)),
    );
    const bits = [
      { word: 0n, bits: (1n << 3n) | (1n << 255n) },
      { word: 2n, bits: 1n },
    ];
    expect(indexBits([512, 255, 3])).toEqual(bits);
    const list = encodeAbiParameters(
      [
        {
          type: 'tuple[]',
          components: [
            { name: 'word', type: 'uint256' },
            { name: 'bits', type: 'uint256' },
          ],
        },
      ],
      [bits],
    );
    const payer: EvmHex = `0x${'d'.repeat(40)}`;
    const refund = encodeAbiParameters(
      [{ type: 'bytes32' }, { type: 'address' }, { type: 'uint128' }, { type: 'bytes32' }],
      [paymentChannel, payer, 5n, keccak256(list)],
    );
    const leaf = { incident: paymentChannel, payer, amount: 5n, receipts: [512, 3, 255] };
    expect(evmHex(refundLeafHash(leaf))).toBe(keccak256(keccak256(refund)));
  });
});
