/** PROTOCOL 3.4: one timeline over several logs. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  divergence,
  JointTimeline,
  KnownAtError,
  reach,
  type ReadLog,
  scopeRoot,
  why,
  who,
} from '../../src/index.ts';
import { agent, begun, LogBuilder, nodeA, nodeB, operator, owner, stranger } from '../support/log-builder.ts';

const read = ({ origin, timeline, records }: LogBuilder): ReadLog => ({
  origin,
  time: timeline.registry.time,
  records,
});

/** A log in which v2 was promoted and rolled back, with an incident over it; another, in which an agent used its outputs. */
function twoDomains(): {
  models: LogBuilder;
  agents: LogBuilder;
  bad: string;
  payment: string;
  incident: string;
} {
  const { log: models, v1, v2 } = begun();
  models.decide({ [v2]: 10_000 });
  models.witness(200);
  const bad = models.output(nodeA, v2);
  models.witness(210);
  models.decide({ [v1]: 10_000 });
  models.witness(300);
  const incident = models.add(owner, 'incident.open', { nonce: models.nonce(), from: 150, versions: [v2] });
  models.witness(310);
  const agents = new LogBuilder('another.test/agents');
  agents.join(operator, ['log']);
  agents.join(agent, ['agent']);
  agents.witness(205);
  const decision = agents.act([bad]);
  agents.witness(220);
  const payment = agents.act([decision], agent, { type: 'payment', reversibility: 'compensable' });
  agents.witness(330);
  return { models, agents, bad, payment, incident };
}

const ids = (timeline: JointTimeline, incident: string): string[] =>
  Array.from(reach(timeline.asOf(), incident).rows(), ({ record }) => record).toSorted();

describe('PROTOCOL 3.4: a timeline over several logs', () => {
  it('follows a consequence from one log into the other, which neither shows alone', () => {
    const { models, agents, bad, payment, incident } = twoDomains();
    expect(ids(new JointTimeline([read(models)]), incident)).toEqual([bad]);
    const joint = new JointTimeline([read(models), read(agents)]);
    expect(ids(joint, incident)).toHaveLength(3);
    expect(why(joint.asOf(), incident, payment)?.path).toEqual([bad, expect.any(String), payment]);
    expect(who(joint.asOf(), bad)).toMatchObject({ verdict: 'match', served: { s: 'known' } });
    expect(joint.placeOf(joint.record(payment)?.index ?? -1)).toMatchObject({
      origin: agents.origin,
      index: 5,
    });
    expect([...joint.knownAt]).toEqual([
      [models.origin, models.timeline.witnessedSize],
      [agents.origin, agents.timeline.witnessedSize],
    ]);
  });

  it('is the same whichever log is named first, and of one log what that log says itself', () => {
    const { models, agents, incident } = twoDomains();
    const root = (logs: LogBuilder[]): string =>
      scopeRoot(new JointTimeline(logs.map(read)).asOf(), incident);
    expect(root([agents, models])).toBe(root([models, agents]));
    expect(root([models])).toBe(scopeRoot(models.timeline.asOf(), incident));
    expect(root([models, agents])).not.toBe(root([models]));
  });

  it('knownAt is a map of sizes: what was known then stays what was known then', () => {
    const { models, agents, incident, payment } = twoDomains();
    const then = new Map([[agents.origin, 4]]);
    const at = (): string[] => ids(new JointTimeline([read(models), read(agents)], then), incident);
    expect(at()).toHaveLength(2);
    expect(at()).not.toContain(payment);
    const before = at();
    agents.act([payment]);
    models.output(nodeB, [...models.timeline.registry.models.versions][0]?.digest ?? '');
    agents.witness(400);
    expect(at()).toEqual(before);
    const never = new Map([[agents.origin, 3]]);
    expect(() => new JointTimeline([read(models), read(agents)], never)).toThrow(KnownAtError);
  });

  it('orders records by witnessed second, then origin, then index', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.boolean(), fc.nat(3), fc.nat(2)), { minLength: 1, maxLength: 40 }),
        (steps) => {
          const logs = ['a.test/x', 'b.test/x'].map((origin) => new LogBuilder(origin));
          for (const log of logs) log.join(operator, ['log']);
          let now = 100;
          for (const [second, count, later] of steps) {
            const log = logs[second ? 1 : 0] as LogBuilder;
            for (let i = 0; i < count; i++) log.act([], stranger);
            now += later;
            log.witness(now);
          }
          const joint = new JointTimeline(logs.map(read));
          const found = Array.from({ length: joint.size }, (_, position) => {
            const { origin = '', index } = joint.placeOf(position);
            return { origin, index };
          });
          const due = logs.flatMap(({ origin, timeline: { registry, witnessedSize } }) =>
            Array.from({ length: witnessedSize }, (_, index) => ({
              origin,
              index,
              time: registry.time.recordedAt(index) ?? 0,
            })),
          );
          const sorted = due.toSorted(
            (a, b) =>
              a.time - b.time || (a.origin < b.origin ? -1 : a.origin > b.origin ? 1 : a.index - b.index),
          );
          expect(found).toEqual(sorted.map(({ origin, index }) => ({ origin, index })));
          sorted.forEach(({ time }, position) => {
            const tick = joint.registry.time.recordedTick(position) ?? 0;
            // Where seconds repeat, ticks run on beyond their second; what is told is the second that was signed.
            expect(Math.floor(joint.registry.time.secondsAt(tick))).toBe(time);
            expect(tick).toBeGreaterThan(joint.registry.time.recordedTick(position - 1) ?? 0);
          });
        },
      ),
      { numRuns: 60 },
    );
  });

  it("another log's checkpoint tightens no bracket; one that a receipt names does", () => {
    const { models, agents, bad, payment } = twoDomains();
    const joint = new JointTimeline([read(models), read(agents)]);
    const { table, records } = joint.asOf().ledger;
    const lo = (id: string): number => Math.floor(joint.registry.time.secondsAt(table.lo(records.find(id))));
    // The payment's own log was seen at 220 and 330; the other one at 300 and 310, which says nothing of it.
    expect(lo(payment)).toBe(220);
    expect(lo(bad)).toBe(200);
    const other = new LogBuilder('third.test/nodes');
    other.join(operator, ['log']);
    other.join(nodeB, ['node']);
    other.witness(311);
    const [v1] = [...models.timeline.registry.models.versions];
    const size = String(models.timeline.witnessedSize);
    const named = other.output(nodeB, v1?.digest ?? '', {
      notBefore: { origin: models.origin, size, root: '0'.repeat(64) },
    });
    other.witness(320);
    const over = new JointTimeline([models, agents, other].map(read));
    const three = over.asOf();
    const { table: of, records: ids } = three.ledger;
    expect(Math.floor(over.registry.time.secondsAt(of.lo(ids.find(named))))).toBe(310);
    expect(divergence(three, named)).toBe('match');
  });

  it('PROTOCOL 1.2: two records under one declared key are found, wherever each was logged', () => {
    const { log: models, v1 } = begun();
    models.output(nodeA, v1);
    models.witness(200);
    const other = new LogBuilder('z.test/elsewhere');
    other.join(operator, ['log']);
    other.join(nodeA, ['node']);
    other.witness(201);
    other.output(nodeA, v1, { accepted: 201_500 });
    other.witness(210);
    expect(models.timeline.registry.equivocations).toEqual([]);
    expect(other.timeline.registry.equivocations).toEqual([]);
    const found = new JointTimeline([read(models), read(other)]).registry.equivocations;
    expect(found.map(({ signer }) => signer)).toEqual([nodeA.keyId]);
  });
});
