/**
 * Executes a class refund: two transactions make it claimable, and a third pays it out, so that payers need not come.
 * Like settling, every step asks the chain whether it is done.
 */
import { encodeFunctionData } from 'viem';
import { MULTICALL3 } from '../chain/addresses.ts';
import { devMulticall3Abi } from '../chain/artifacts/abis.ts';
import type { TxOutbox } from '../chain/outbox/index.ts';
import { sendOnce } from './batch-settler.ts';
import {
  type Call,
  claimRefundCall,
  executeRefundCall,
  proposeRefundCall,
  type RefundClaim,
  type RefundPlan,
} from './calls.ts';
import { SettleError } from './settle-error.ts';
import type { VaultReads } from './vault-reads.ts';

/** A payer's share, and one of its receipts: given back with all the others. */
export interface PayerClaim extends RefundClaim {
  readonly anyIndex: number;
}

/** What came of it. */
export interface Refunded {
  /** Hashes of the transactions that made it claimable, in order: one or two. */
  readonly made: readonly string[];
  /** And of those that paid it out. */
  readonly paid: readonly string[];
  readonly funded: bigint;
  readonly shortfall: bigint;
}

/** What a refund is executed with. */
export interface RefundParts {
  readonly reads: VaultReads;
  readonly outbox: TxOutbox;
  readonly vault: string;
  /** Two words that begin the keys of its transactions: what was decided on before a crash is found again by them. */
  readonly label: string;
}

/** Gas of one transaction that pays out, at most: within what chains allow to one. */
const PAY_GAS = 10_000_000;
/** Of one claim, and of each word of receipts that it marks. */
const CLAIM_GAS = 100_000;
const WORD_GAS = 23_000;

/**
 * Brings a refund on from wherever it stands, to its end unless that must wait.
 *
 * @throws SettleError `veto-window` | `vetoed` | `other-refund`; TxError; RpcError
 */
export async function settleRefund(
  parts: RefundParts,
  plan: RefundPlan,
  claims: readonly PayerClaim[],
): Promise<Refunded> {
  const { reads, outbox, vault, label } = parts;
  const made: string[] = [];
  const step = async (what: string, call: Call): Promise<string> => {
    const sent = await sendOnce(outbox, { what: `${what} ${label}`, call, until: 'confirmed' });
    return sent.mined?.hash ?? '';
  };
  if ((await reads.refund(plan.incident)).state === 'none')
    await step('propose', proposeRefundCall(vault, plan));
  const proposed = await reads.refund(plan.incident);
  if (proposed.state === 'none') throw vetoed(plan);
  if (proposed.root !== plan.root) {
    throw new SettleError('other-refund', {
      what: `the vault has a refund of this incident with the root ${proposed.root}, and the log gives ${plan.root}`,
      fix: 'Another settler proposed that one: have the vetoer stop it within its window.',
    });
  }
  if (proposed.state === 'proposed') {
    const left = proposed.executableAt - (await reads.now());
    if (left > 0) {
      throw new SettleError('veto-window', {
        what: `the refund is proposed, and can be vetoed for ${left} s more`,
        fix: 'Ask again then; the settler executes it by itself.',
      });
    }
    await step('execute', executeRefundCall(vault, plan));
  }
  made.push(...hashesOf(outbox, [`propose ${label}`, `execute ${label}`]));
  const { funded } = await reads.refund(plan.incident);
  const paid = funded === 0n ? [] : await payOut(parts, claims, step);
  return { made, paid, funded, shortfall: plan.total - funded };
}

/** It was proposed, and the vault knows of it no more: only its vetoer can bring that about. */
export const vetoed = ({ incident }: Pick<RefundPlan, 'incident'>): SettleError =>
  new SettleError('vetoed', {
    what: `the vetoer stopped the refund ${incident} within its window; nothing was given back`,
    fix: 'Ask the vetoer why. A refund of other charges can be proposed: amend the incident, and ask again.',
  });

/** One call for many payers: one of them that fails stops nobody else. */
async function payOut(
  { reads, vault }: { readonly reads: VaultReads; readonly vault: string },
  claims: readonly PayerClaim[],
  step: (what: string, call: Call) => Promise<string>,
): Promise<string[]> {
  const open: PayerClaim[] = [];
  for (const claim of claims) if (!(await reads.isRefunded(claim.anyIndex))) open.push(claim);
  const sent: string[] = [];
  for (const some of portions(open)) {
    sent.push(await step('pay', together(some.map((claim) => claimRefundCall(vault, claim)))));
  }
  return sent;
}

function* portions(claims: readonly PayerClaim[]): Generator<readonly PayerClaim[]> {
  let some: PayerClaim[] = [];
  let gas = 0;
  for (const claim of claims) {
    const own = CLAIM_GAS + WORD_GAS * claim.bits.length;
    if (some.length > 0 && gas + own > PAY_GAS) {
      yield some;
      [some, gas] = [[], 0];
    }
    some.push(claim);
    gas += own;
  }
  if (some.length > 0) yield some;
}

function together(calls: readonly Call[]): Call {
  const args = [
    calls.map(({ to, data }) => ({ target: to as `0x${string}`, allowFailure: true, callData: data })),
  ] as const;
  return {
    to: MULTICALL3,
    data: encodeFunctionData({ abi: devMulticall3Abi, functionName: 'aggregate3', args }),
  };
}

/** Hashes of mined transactions whose keys begin so, whether this call sent them or one before a crash. */
function hashesOf(outbox: TxOutbox, keys: readonly string[]): string[] {
  return keys.flatMap((key) =>
    outbox.startingWith(`${key} `).flatMap(({ mined }) => (mined?.reverted === false ? [mined.hash] : [])),
  );
}
