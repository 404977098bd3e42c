/** Loads a world straight into the ledger's columns, by numbers. */
import { Ledger, ROLE_ACT, ROLE_OUTPUT, type LedgerObserver, type Names } from '@assay/views';
import { emptyRecord, type World } from './world.ts';

/** Record ids that are their own numbers: `r17` is 17. */
class NumberedNames implements Names {
  readonly size: number;
  constructor(size: number) {
    this.size = size;
  }
  intern(name: string): number {
    return this.find(name);
  }
  find(name: string): number {
    return Number(name.slice(1));
  }
  text(id: number): string {
    return `r${id}`;
  }
}

export interface Loaded {
  readonly ledger: Ledger;
  /** Of this thread on a processor. */
  readonly cpuSeconds: number;
}

/** Seconds this thread was on a processor so far. */
function cpuSeconds(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1e6;
}

/** @param observe what to attach once the dictionaries exist and `before` records are in */
export function load(world: World, observe?: (ledger: Ledger) => LedgerObserver): Loaded {
  const ledger = new Ledger(new NumberedNames(world.size));
  prepare(world, ledger);
  observe?.(ledger);
  const record = emptyRecord();
  const start = cpuSeconds();
  for (let id = 1; id <= world.size; id++) {
    world.record(id, record);
    ledger.advance(ledger.size + 1);
    const role = record.isAct ? ROLE_ACT : ROLE_OUTPUT;
    const { t, parents } = record;
    const channel = record.isAct ? 0 : record.channel + 1;
    const node = record.isAct ? 0 : record.node + 1;
    ledger.declare({ id, role, channel, node, pin: 0, copyOf: 0, t, lo: t, hi: t }, parents);
    if (record.version !== 0) ledger.attest(id, record.version, id % 50 === 0 ? 'reexec' : 'self');
  }
  const spent = cpuSeconds() - start;
  for (const [source, target] of world.lateEdges()) {
    ledger.append({ kind: 'derive', t: 0, source: `r${source}`, to: `r${target}`, propagates: true });
  }
  return { ledger, cpuSeconds: spent };
}

/** Processor seconds to make the world's records alone, which `load` includes. */
export function generate(world: World): number {
  const record = emptyRecord();
  const start = cpuSeconds();
  for (let id = 1; id <= world.size; id++) world.record(id, record);
  return cpuSeconds() - start;
}

/** Channels, nodes and versions get their numbers, and every promotion is decided. */
function prepare(world: World, ledger: Ledger): void {
  for (let c = 0; c < world.channels; c++) ledger.channels.intern(`c${c}`);
  for (let n = 0; n < 32; n++) ledger.nodes.intern(`n${n}`);
  for (let v = 1; v <= world.channels * world.promotions; v++) ledger.versions.intern(`v${v}`);
  for (let k = 0; k < world.promotions; k++) {
    for (let c = 0; c < world.channels; c++) {
      const to = new Map([[`v${world.version(c, k)}`, 1]]);
      ledger.append({ kind: 'decision', channel: `c${c}`, t: world.promotedAt(k), to, authorized: true });
    }
  }
}

/** Positions that `prepare` takes before record 1. */
export const preparedPositions = (world: World): number => world.channels * world.promotions;
