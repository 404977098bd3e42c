/** Asks nodes what their logs still cover, and strikes the receipts that they do not: the only eye for lost acks. */
import { hex } from '@assay/core';
import { NodeError, ReceiptError } from '../errors.ts';
import { covers, type Hello, verifyHello } from '../node-facts.ts';
import type { Progress, ProgressEvent } from '../progress.ts';
import type { VerifiedReceipt } from '../receipt.ts';
import { revoke } from '../regression.ts';
import { type Lane, Stalled } from './lane.ts';
import { mostOf } from './most-of.ts';
import type { Clock } from './ports.ts';

export interface WatchOptions {
  /** Whose receipts are to be held against the nodes' logs. */
  readonly progress: Progress;
  readonly nonce: () => Uint8Array;
  readonly signal: AbortSignal;
  readonly onRevoked: (revoked: { pack: number; receipt: VerifiedReceipt }, events: ProgressEvent[]) => void;
}

/** A receipt with the pack it is for. */
interface Held {
  readonly pack: number;
  readonly receipt: VerifiedReceipt;
}

/**
 * Asks one node and strikes what its log does not cover.
 * @throws Stalled or NodeError when it does not answer, which by itself strikes nothing
 */
export async function checkNode(lane: Lane, options: WatchOptions): Promise<void> {
  const nonce = options.nonce();
  // A receipt that overtakes the greeting is younger than it: what the node said does not speak of it.
  const held = options.progress.receiptsOf(lane.node.id);
  const hello = await lane.call((node, call) => node.hello(nonce, call), options.signal);
  if (hex(hello.nodeId) !== hex(lane.node.id) || !verifyHello(hello, nonce)) {
    lane.distrust();
    throw new NodeError('unreachable', { what: 'the node did not sign its own greeting' });
  }
  strikeUncovered(hello, held, options);
}

function strikeUncovered(hello: Hello, asked: readonly Held[], { progress, onRevoked }: WatchOptions): void {
  for (const held of asked) {
    const { pack, receipt } = held;
    if (covers(hello, receipt) || !progress.receipts(pack).includes(receipt)) continue;
    onRevoked(held, progress.revoke(pack, revoke(receipt, { cause: 'lost-ack', hello })));
  }
}

/**
 * Asks every node that can be spoken to. Those that do not answer keep their receipts, and once `quorum` have answered
 * they are not waited for much longer: what they say later strikes what it must all the same.
 */
export async function checkAll(
  lanes: Iterable<Lane>,
  { quorum, clock, ...options }: WatchOptions & { readonly quorum: number; readonly clock: Clock },
): Promise<void> {
  const asked = [...lanes].filter((lane) => lane.ready).map((lane) => checkQuietly(lane, options));
  await mostOf(asked, { enough: quorum, clock, signal: options.signal });
}

/** The same; whether it answered. */
export async function checkQuietly(lane: Lane, options: WatchOptions): Promise<boolean> {
  try {
    await checkNode(lane, options);
    return true;
  } catch (error) {
    if (!(error instanceof Stalled || error instanceof NodeError || error instanceof ReceiptError))
      throw error;
    return false;
  }
}
