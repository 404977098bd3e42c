/** PROTOCOL 7.1: the charge is zero unless the version has weight in the decision ordered, or in one that superseded it. */
import { bytes32Of } from '@assay/core/money';
import type { ChargeCase } from './judge-charge.ts';
import type { Judged } from './flaw.ts';

/** @returns `version` when another was served than was ordered */
export function judgeVersion({ charge, output, registry }: ChargeCase): Judged {
  const { target, version } = output.receipt;
  const { order } = charge;
  if ('pin' in target) {
    const pinned = order === undefined || (order.channel === '' && order.target === bytes32Of(target.pin));
    return pinned && version === target.pin
      ? undefined
      : flaw(`${version} is not the version that was pinned`);
  }
  const obeyed = registry.channels.decision(target.decision);
  if (obeyed === undefined || obeyed.channel.name !== target.channel) {
    return flaw('the receipt obeys no decision of its channel');
  }
  if (obeyed.decision.to[version] === undefined)
    return flaw(`${version} has no weight in the decision obeyed`);
  if (order === undefined) return undefined;
  const ordered = registry.channels.decision(order.target.slice(2));
  if (order.channel !== target.channel || ordered?.channel.name !== target.channel) {
    return flaw('the order is for another channel');
  }
  if (ordered.decision.index <= obeyed.decision.index) return undefined;
  return flaw('the decision obeyed is older than the one ordered');
}

const flaw = (what: string): Judged => ({ flaw: 'version', what });
