/** A node's receipt as a contract judges it, from the entry that was logged or kept. */
import { hex, type LogRecord, openStatement, type Predicate } from '@assay/core';
import { assayDomain, type Order, orderHash, receiptDigest, ZERO_BYTES32 } from '@assay/core/money';
import type { SignedReceipt } from '@assay/pay/node';
import type { Timeline } from '@assay/views';
import { existsSync } from 'node:fs';
import { CliError } from '../cli-error.ts';
import { readJsonFile } from '../content/json-file.ts';
import { readFileBytes } from '../content/read-file.ts';
import { findRecord } from '../names/records.ts';
import type { MoneyDescription } from '../network/money.ts';
import { evidenceIn } from './evidence-file.ts';

/** A receipt and whose it is. */
export interface NamedReceipt {
  readonly id: string;
  readonly node: string;
  readonly predicate: Predicate<'output.receipt'>;
}

/** The receipt in a file (an entry's exact bytes, or kept evidence), or of a record id. @throws CliError */
export function receiptOf(timeline: Timeline, name: string): NamedReceipt {
  const record: LogRecord | ReturnType<typeof openStatement> = existsSync(name)
    ? openStatement(evidenceIn(name)?.entry ?? readFileBytes(name))
    : findRecord(timeline, name, 'output.receipt');
  if (record.kind === 'output.receipt') {
    return { id: record.id, node: record.signer, predicate: record.predicate };
  }
  throw new CliError('usage', {
    what: `a ${record.kind}, not an output.receipt`,
    where: name,
    fix: 'Give two receipts: record ids, or files that "assay log entry" or "assay pay evidence" wrote.',
  });
}

/** What the node's payment key signed. @throws CliError `not-allowed` for a receipt that it did not sign */
export function signedReceipt({ id, node, predicate }: NamedReceipt): SignedReceipt {
  const { paymentSignature, stream, sequence, order, amount } = predicate;
  if (paymentSignature === undefined) {
    throw new CliError('not-allowed', {
      what: 'the receipt bears no payment signature, so no contract can judge it',
      where: `receipt ${id}`,
      fix: 'Only receipts of paid answers can be proven on chain; open an incident for others.',
    });
  }
  return {
    node: `0x${node.slice(node.indexOf(':') + 1)}`,
    stream: `0x${stream}`,
    sequence: BigInt(sequence),
    receipt: `0x${hex(receiptDigest(predicate))}`,
    order: order === undefined ? ZERO_BYTES32 : `0x${order}`,
    amount: BigInt(amount ?? '0'),
    signature: `0x${paymentSignature}`,
  };
}

/** The order that a receipt names, from the charges in the log: it dates the offence. @throws CliError `unknown-name` */
export function orderOf(timeline: Timeline, { id, predicate }: NamedReceipt, money: MoneyDescription): Order {
  if (predicate.order === undefined) return NO_ORDER;
  const domain = assayDomain(money.chainId, money.vault);
  for (const { kind, predicate: said } of timeline.records()) {
    if (kind !== 'charge' || said.order === undefined) continue;
    const { signature: _, by: __, ...order } = said.order;
    if (orderHash(domain, order) === predicate.order) return order;
  }
  throw new CliError('unknown-name', {
    what: `no charge in the log holds the order ${predicate.order}`,
    where: `receipt ${id}`,
    fix: 'The order must be shown to date the offence: wait until the answer is charged, or have its payer give the order.',
  });
}

/** The order in a file of its own, or in kept evidence, if it is the receipt's. @throws CliError `unreadable-file` | `mismatch` */
export function orderInFile(path: string, { id, predicate }: NamedReceipt, money: MoneyDescription): Order {
  const kept = evidenceIn(path);
  const said = (kept === undefined ? readJsonFile(path) : (kept.order ?? null)) as Readonly<
    Record<string, unknown>
  > | null;
  const text = (name: keyof Order): string => {
    const value = said?.[name];
    if (typeof value === 'string') return value;
    throw new CliError('unreadable-file', {
      what: `no order: its ${name} is missing`,
      where: path,
      fix: 'It has paymentChannel, requestId, requestHash, channel, target, priceBook, maxAmount and deadline, each as text.',
    });
  };
  const order: Order = {
    paymentChannel: text('paymentChannel'),
    requestId: text('requestId'),
    requestHash: text('requestHash'),
    channel: text('channel'),
    target: text('target'),
    priceBook: text('priceBook'),
    maxAmount: text('maxAmount'),
    deadline: text('deadline'),
  };
  if (digestOf(order, money, path) === predicate.order) return order;
  throw new CliError('mismatch', {
    what: `it is not the order that receipt ${id} names`,
    where: path,
    fix: 'Give the order exactly as its payer signed it, for this network.',
  });
}

function digestOf(order: Order, { chainId, vault }: MoneyDescription, path: string): string {
  try {
    return orderHash(assayDomain(chainId, vault), order);
  } catch (cause) {
    const what = cause instanceof Error ? cause.message : String(cause);
    throw new CliError('unreadable-file', { what: `no order: ${what}`, where: path, cause });
  }
}

/** For a receipt without an order; the contract does not look at it then. */
const NO_ORDER: Order = {
  paymentChannel: ZERO_BYTES32,
  requestId: '',
  requestHash: ZERO_BYTES32,
  channel: '',
  target: ZERO_BYTES32,
  priceBook: ZERO_BYTES32,
  maxAmount: '0',
  deadline: '0',
};
