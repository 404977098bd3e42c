/** Batches as they were logged: numbers and ranges without a gap, and exactly what their range of the log makes. */
import { batchContent, type Money, type SettledRecord } from '@assay/views';
import type { Findings } from '../finding.ts';

/** Adds `batch-mismatch` for each difference. */
export function auditBatches(money: Money, findings: Findings): void {
  const last = new Map<string, { number: number; to: number }>();
  for (const record of money.batches) {
    const { predicate, index, address } = record;
    const where = `entry ${index}`;
    const vault = `${predicate.network} ${predicate.vault} ${address}`;
    const before = last.get(vault) ?? { number: 0, to: 0 };
    if (Number(predicate.number) !== before.number + 1 || Number(predicate.from) !== before.to) {
      const is = `number ${predicate.number} from ${predicate.from}`;
      findings.add('batch-mismatch', `${is} does not follow number ${before.number} to ${before.to}`, where);
    }
    last.set(vault, { number: Number(predicate.number), to: Number(predicate.to) });
    if (Number(predicate.to) > index) {
      findings.add(
        'batch-mismatch',
        `it covers entries up to ${predicate.to}, which are not before it`,
        where,
      );
    }
    for (const what of differences(money, record)) findings.add('batch-mismatch', what, where);
  }
}

function* differences(
  money: Money,
  { predicate: said, address: settler }: SettledRecord<'batch'>,
): Generator<string> {
  const { network, vault, treasury } = said;
  const range = { number: Number(said.number), from: Number(said.from), to: Number(said.to) };
  const due = batchContent(money, { ...range, network, vault, settler, treasury });
  if (said.root !== due.root) yield `its root is ${said.root}, the charges make ${due.root}`;
  if (said.channelsRoot !== due.channelsRoot) yield `its channels' root is not that of its charges`;
  if (said.count !== String(due.charges.length))
    yield `it counts ${said.count} charges, there are ${due.charges.length}`;
  if (said.total !== String(due.total)) yield `its total is ${said.total}, the charges make ${due.total}`;
  const credits = (list: readonly { to: string; amount: string | bigint }[]): string =>
    list.map(({ to, amount }) => `${to} ${amount}`).join(', ');
  if (credits(said.credits) !== credits(due.credits)) {
    yield `it credits ${credits(said.credits) || 'nobody'}, the charges make ${credits(due.credits) || 'nobody'}`;
  }
}
