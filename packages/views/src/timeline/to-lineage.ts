/** Turns log records into lineage records: what is judged at once, and what must wait for its witnessed time. */
import type { LogRecord, Predicate } from '@assay/core';
import type { IncidentTerms, LineageRecord, OutputRecord, Scalar } from '../lineage/records.ts';
import { mayHandle, type Registry, tickOf, type WitnessedTime } from '../registry/index.ts';
import { type ActiveAmendment, Amendments } from './amendments.ts';
import { gradeOf } from './evidence-grade.ts';
import { indexBracket, receiptBracket, recordedAt } from './record-times.ts';

/** Lineage records whose times are filled in once a witnessed checkpoint covers them. */
export type Draft = (time: WitnessedTime) => LineageRecord[];

/**
 * Translates records one by one, in log order, right after the registry has folded each: authority is judged at the
 * statement's own index, time is known only later.
 */
export class LineageTranslator {
  readonly #registry: Registry;
  readonly #amendments = new Amendments();
  readonly #endorsedBy = new Map<string, string[]>();

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  /** What `record` says about lineage, or undefined when it says nothing. */
  draft(record: LogRecord): Draft | undefined {
    const { index, signer } = record;
    const recorded =
      (make: (t: number) => LineageRecord[]): Draft =>
      (time) =>
        make(recordedAt(index, time));
    switch (record.kind) {
      case 'channel.decide':
        return recorded((t) => [decisionOf(record.predicate, t)]);
      case 'output.receipt':
        return (time) => outputOf(record, time);
      case 'act':
        return (time) => [actOf(record, time)];
      case 'derive':
        return this.#derive(record);
      case 'evidence':
        return this.#evidence(record);
      case 'serve.lease':
        if (this.#registry.leases.of(signer, record.predicate.version)?.openedAt !== index) return undefined;
        return (time) => [
          { kind: 'lease', node: signer, version: record.predicate.version, t: time.notBefore(index) },
        ];
      case 'serve.drain':
        return recorded((t) => [{ kind: 'drain', node: signer, version: record.predicate.version, t }]);
      case 'lease.lapse': {
        const lease = this.#registry.leases.byId(record.predicate.lease);
        if (lease === undefined) return undefined;
        return recorded((t) => [{ kind: 'drain', node: lease.node, version: lease.version, t }]);
      }
      case 'incident.open':
        this.#amendments.opened(record);
        return recorded((t) => [{ kind: 'incident', id: record.id, t, terms: termsOf(record.predicate) }]);
      case 'incident.amend':
        return amended(this.#amendments.amend(record, this.#registry), recorded);
      case 'endorse':
        this.#endorsedBy.set(record.predicate.record, [...this.#endorsers(record.predicate.record), signer]);
        return amended(this.#amendments.endorse(record, this.#registry), recorded);
      case 'incident.settle': {
        const { incident, target, state, basis = [], amount } = record.predicate;
        const given = amount === undefined ? {} : { amount };
        return recorded((t) => [{ kind: 'disposition', incident, target, state, basis, t, ...given }]);
      }
      case 'incident.reverse':
        return recorded((t) => [{ kind: 'reverse', target: record.predicate.target, t }]);
      default:
        return undefined;
    }
  }

  #endorsers(id: string): readonly string[] {
    return this.#endorsedBy.get(id) ?? [];
  }

  /**
   * An edge that the user of the record did not sign makes its target possible only. `propagates: false` holds only
   * where somebody else endorsed the statement before it was logged: an edge, once there, is never taken away (I5).
   */
  #derive(record: LogRecord & { kind: 'derive' }): Draft {
    const { to, source, propagates = true } = record.predicate;
    const possibleOnly = mayHandle(this.#registry, record.signer, to) !== undefined;
    const agreed = this.#endorsers(record.id).some((key) => key !== record.signer);
    return (time) => [
      {
        kind: 'derive',
        to,
        source,
        propagates: propagates || !agreed,
        t: recordedAt(record.index, time),
        ...(possibleOnly ? { possibleOnly } : {}),
      },
    ];
  }

  #evidence(record: LogRecord & { kind: 'evidence' }): Draft | undefined {
    const by = gradeOf(record, this.#registry);
    if (by === undefined) return undefined;
    const { output, version } = record.predicate;
    return (time) => [{ kind: 'evidence', output, version, by, t: recordedAt(record.index, time) }];
  }
}

function decisionOf({ channel, to, effective }: Predicate<'channel.decide'>, t: number): LineageRecord {
  const weights = new Map(Object.entries(to));
  const dated = effective === undefined ? {} : { effective: tickOf(effective) };
  return { kind: 'decision', channel, to: weights, t, authorized: true, ...dated };
}

/** An output, and its node's own word for the version that made it. */
function outputOf(record: LogRecord & { kind: 'output.receipt' }, time: WitnessedTime): LineageRecord[] {
  const { id, signer: node, predicate } = record;
  const { target, uses = [], copyOf, rerunOf, version, model, request, finish, verification } = predicate;
  const bracket = receiptBracket(record, time);
  const channel = 'channel' in target ? target.channel : '';
  const fields = new Map<string, Scalar>(
    Object.entries({ channel, model, client: request.client, finish, verification }),
  );
  const output: OutputRecord = {
    kind: 'output',
    id,
    channel,
    node,
    from: uses,
    fields,
    ...bracket,
    ...('pin' in target ? { pin: target.pin } : {}),
    ...(copyOf === undefined ? {} : { copyOf }),
    ...(rerunOf === undefined ? {} : { rerunOf }),
  };
  return [output, { kind: 'evidence', output: id, version, by: 'self', t: bracket.hi }];
}

function actOf({ id, index, predicate }: LogRecord & { kind: 'act' }, time: WitnessedTime): LineageRecord {
  const { type, reversibility, uses, amount } = predicate;
  const harm = amount === undefined ? {} : { harmCap: amount.value };
  return { kind: 'act', id, type, reversibility, from: uses, ...indexBracket(index, time), ...harm };
}

function termsOf({ versions, nodes, from, until, where }: Predicate<'incident.open'>): IncidentTerms {
  return {
    versions: versions ?? null,
    nodes: nodes ?? null,
    bad_from: tickOf(from),
    bad_to: until === undefined ? null : tickOf(until),
    where: where ?? [],
    status: 'open',
  };
}

function amended(
  active: ActiveAmendment | undefined,
  recorded: (make: (t: number) => LineageRecord[]) => Draft,
): Draft | undefined {
  if (active === undefined) return undefined;
  const { versions, nodes, from, until, where, status } = active.set;
  const set: Partial<IncidentTerms> = {
    ...(versions === undefined ? {} : { versions }),
    ...(nodes === undefined ? {} : { nodes }),
    ...(from === undefined ? {} : { bad_from: tickOf(from) }),
    ...(until === undefined ? {} : { bad_to: tickOf(until) }),
    ...(where === undefined ? {} : { where }),
    ...(status === undefined ? {} : { status }),
  };
  return recorded((t) => [{ kind: 'amend', incident: active.incident, set, t }]);
}
