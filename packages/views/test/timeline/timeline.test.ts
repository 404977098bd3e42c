import { describe, expect, it } from 'vitest';
import { divergence } from '../../src/lineage/answers/divergence.ts';
import { scope } from '../../src/lineage/answers/scope.ts';
import { served } from '../../src/lineage/answers/served.ts';
import {
  agent,
  begun,
  type LogBuilder,
  nodeA,
  nodeB,
  owner,
  stranger,
  verifier,
} from '../support/log-builder.ts';

/** Record ids in the scope of an incident, affected and possible. */
function reach(
  log: LogBuilder,
  incident: string,
  knownAt?: number,
): { affected: string[]; possible: string[] } {
  const prefix = log.timeline.asOf(knownAt);
  const { affected, possible } = scope(prefix, incident);
  const names = (ids: Uint32Array): string[] =>
    [...ids].map((id) => prefix.ledger.records.text(id)).toSorted();
  return { affected: names(affected.ids), possible: names(possible.ids) };
}

/** v1, then v2 promoted and rolled back, with an output of each under witnessed checkpoints of their own. */
function rolledBack(): {
  log: LogBuilder;
  v1: string;
  v2: string;
  before: string;
  during: string;
  after: string;
} {
  const { log, v1, v2 } = begun();
  const before = log.output(nodeA, v1);
  log.decide({ [v2]: 10_000 });
  log.witness(200);
  const during = log.output(nodeA, v2);
  log.witness(210);
  log.decide({ [v1]: 10_000 });
  log.witness(300);
  const after = log.output(nodeA, v1);
  log.witness(310);
  return { log, v1, v2, before, during, after };
}

describe('the timeline of a log', () => {
  it('PROTOCOL 3.2: a decision acts from its recorded time; outputs of both sides match', () => {
    const { log, before, during, after } = rolledBack();
    for (const output of [before, during, after])
      expect(divergence(log.timeline.asOf(), output)).toBe('match');
  });

  it('an output whose bracket holds a rollback straddles it', () => {
    const { log, v1, v2 } = begun();
    log.decide({ [v2]: 10_000 });
    log.witness(200);
    log.decide({ [v1]: 10_000 });
    const between = log.output(nodeA, v1);
    log.witness(210);
    expect(divergence(log.timeline.asOf(), between)).toBe('straddle');
  });

  it('a stale node that admits it is diverged and affected; a lying one only after a re-run by an unrelated verifier', () => {
    const { log, v1, v2 } = rolledBack();
    const honest = log.output(nodeB, v2);
    const lying = log.output(nodeB, v1);
    const incident = log.add(owner, 'incident.open', { nonce: log.nonce(), versions: [v2], from: 200 });
    log.witness(400);
    expect(divergence(log.timeline.asOf(), honest)).toBe('diverged');
    expect(divergence(log.timeline.asOf(), lying)).toBe('match');
    expect(reach(log, incident).affected).toContain(honest);
    expect(reach(log, incident).affected).not.toContain(lying);
    log.evidence(nodeA, lying, v2);
    log.evidence(stranger, lying, v2);
    log.evidence(verifier, lying, v2, '0.5');
    log.witness(410);
    expect(served(log.timeline.asOf(), lying)).toMatchObject({ v: v1, s: 'known' });
    log.evidence(verifier, lying, v2, '0.0005');
    log.witness(420);
    expect(divergence(log.timeline.asOf(), lying)).toBe('diverged');
    expect(reach(log, incident).affected).toContain(lying);
    expect(reach(log, incident, log.timeline.registry.time.points.at(-2)?.size).affected).not.toContain(
      lying,
    );
  });

  it('PROTOCOL 3.3: a bracket that only overlaps the window makes an output possible', () => {
    const { log, during, v2 } = rolledBack();
    const inside = log.add(owner, 'incident.open', {
      nonce: log.nonce(),
      versions: [v2],
      from: 200,
      until: 300,
    });
    const overlapping = log.add(owner, 'incident.open', { nonce: log.nonce(), versions: [v2], from: 205 });
    log.witness(400);
    expect(reach(log, inside)).toEqual({ affected: [during], possible: [] });
    expect(reach(log, overlapping)).toEqual({ affected: [], possible: [during] });
  });

  it('PROTOCOL 2.2: an edge by anybody but the user of the record counts as possible only', () => {
    const { log, v2, during } = rolledBack();
    const mine = log.act([]);
    const theirs = log.act([], agent, { content: `hmac-sha256:${'1'.repeat(64)}` });
    log.add(agent, 'derive', { to: mine, source: during, role: 'policy' });
    log.add(verifier, 'derive', { to: theirs, source: during, role: 'policy' });
    const incident = log.add(owner, 'incident.open', { nonce: log.nonce(), versions: [v2], from: 0 });
    log.witness(400);
    expect(reach(log, incident)).toEqual({ affected: [during, mine].toSorted(), possible: [theirs] });
  });

  it('PROTOCOL 2.2: `propagates: false` cuts nothing without a second signer', () => {
    const { log, v2, during } = rolledBack();
    const act = log.act([]);
    log.add(agent, 'derive', { to: act, source: during, role: 'quoted', propagates: false });
    const incident = log.add(owner, 'incident.open', { nonce: log.nonce(), versions: [v2], from: 0 });
    log.witness(400);
    expect(reach(log, incident).affected).toContain(act);
  });

  it('PROTOCOL 2.2: an incident is dismissed by its opener together with the owner, by neither alone', () => {
    const { log, v2, during } = rolledBack();
    const incident = log.add(agent, 'incident.open', { nonce: log.nonce(), versions: [v2], from: 0 });
    const amend = log.add(agent, 'incident.amend', {
      nonce: log.nonce(),
      incident,
      set: { status: 'dismissed' },
    });
    log.witness(400);
    expect(reach(log, incident).affected).toEqual([during]);
    log.add(owner, 'endorse', { record: amend });
    log.witness(410);
    expect(reach(log, incident).affected).toEqual([]);
  });

  it('PROTOCOL 1.1: two who sign the same words make one record, and both are heard', () => {
    const { log } = begun();
    const attest = { incident: 'a'.repeat(64), size: '1', root: 'b'.repeat(64) };
    const id = log.add(verifier, 'scope.attest', attest);
    expect(log.add(agent, 'scope.attest', attest)).toBe(id);
    log.add(agent, 'scope.attest', attest);
    const signers = log.timeline.statementsOf(id).map(({ signer }) => signer);
    expect(signers).toEqual([verifier.keyId, agent.keyId]);
    expect([...log.timeline.records()].filter((record) => record.id === id)).toHaveLength(1);
    expect(log.timeline.statementsOf('c'.repeat(64))).toEqual([]);
  });

  it('what witnesses have not seen is not in any answer yet', () => {
    const { log, v2 } = rolledBack();
    const incident = log.add(owner, 'incident.open', { nonce: log.nonce(), versions: [v2], from: 0 });
    log.witness(400);
    const size = log.timeline.witnessedSize;
    const late = log.output(nodeA, v2);
    expect(log.timeline.witnessedSize).toBe(size);
    expect(reach(log, incident).affected).not.toContain(late);
    log.witness(500);
    expect(reach(log, incident).affected).toContain(late);
  });
});
