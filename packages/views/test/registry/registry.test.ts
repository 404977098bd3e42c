import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseVersion, KnownAtError, Registry, registryRoot } from '../../src/index.ts';
import {
  agent,
  begun,
  channel,
  LogBuilder,
  model,
  nodeA,
  operator,
  owner,
  person,
  stranger,
  verifier,
} from '../support/log-builder.ts';

const reasons = (log: LogBuilder): string[] =>
  log.timeline.registry.ignored.map(({ kind, reason }) => `${kind}: ${reason}`);

describe('PROTOCOL 2.2: who may sign what', () => {
  it('a decision by anybody but the owner or a granted key leaves the channel where it was', () => {
    const { log, v1, v2 } = begun();
    const { channels } = log.timeline.registry;
    log.decide({ [v2]: 10_000 }, agent);
    expect(channels.get(channel)?.decisions).toHaveLength(1);
    const grant = log.add(owner, 'grant', {
      model,
      to: agent.keyId,
      permissions: ['channel.decide'],
      nonce: log.nonce(),
    });
    log.decide({ [v2]: 10_000 }, agent);
    expect(channels.get(channel)?.decisions.at(-1)).toMatchObject({
      to: { [v2]: 10_000 },
      signer: agent.keyId,
    });
    log.add(owner, 'revoke', { grant });
    log.decide({ [v1]: 10_000 }, agent);
    expect(channels.get(channel)?.decisions).toHaveLength(2);
    expect(reasons(log)).toEqual(['channel.decide: not-owner', 'channel.decide: not-owner']);
  });

  it('a rotated key speaks for its owner, the old one no more; a compromised key stops at its index', () => {
    const { log, v2 } = begun();
    const fresh = person('8');
    const proof = Buffer.from(ownSignature(fresh, owner.keyId)).toString('hex');
    log.add(owner, 'key.rotate', { to: fresh.keyId, proof });
    log.decide({ [v2]: 10_000 });
    log.decide({ [v2]: 10_000 }, fresh);
    expect(reasons(log)).toEqual(['channel.decide: not-joined']);
    log.add(fresh, 'key.compromised', { key: fresh.keyId, since: 90 });
    log.decide({}, fresh);
    expect(reasons(log)).toHaveLength(2);
  });

  it('joining costs work and a payment key that vouches back', () => {
    const log = new LogBuilder();
    log.join(operator, ['log']);
    log.add(agent, 'participant.join', { ...agent.join(['agent']), work: '0' });
    log.add(agent, 'participant.join', { ...agent.join(['agent']), paymentKeySignature: '11'.repeat(64) });
    log.add(agent, 'act', {
      type: 'message',
      reversibility: 'irreversible',
      uses: [],
      content: `hmac-sha256:${'0'.repeat(64)}`,
    });
    expect(reasons(log)).toEqual([
      'participant.join: work',
      'participant.join: payment-key',
      'act: not-joined',
    ]);
  });

  it('only nodes sign receipts, only the log signs witnessed checkpoints, only owners settle', () => {
    const { log, v1 } = begun();
    log.output(agent, v1);
    log.add(stranger, 'participant.leave', {});
    log.add(agent, 'checkpoint.cosigned', { origin: 'log.test/assay', size: '3', note: '101' });
    const output = log.output(nodeA, v1, {
      request: { id: 'x', client: agent.keyId, hash: `hmac-sha256:${'0'.repeat(64)}` },
    });
    const incident = log.add(agent, 'incident.open', { nonce: log.nonce(), versions: [v1], from: 0 });
    const settle = { incident, target: output, state: 'accepted' as const, nonce: log.nonce() };
    log.add(verifier, 'incident.settle', settle);
    log.add(agent, 'incident.settle', settle);
    expect(reasons(log)).toEqual([
      'output.receipt: not-node',
      'participant.leave: not-joined',
      'checkpoint.cosigned: not-operator',
      'incident.settle: not-record-owner',
    ]);
  });

  it('PROTOCOL 8.2: only the client that a receipt names has its payload erased', () => {
    const { log, v1 } = begun();
    const output = log.output(nodeA, v1);
    const anonymous = log.output(nodeA, v1, {
      request: { id: 'nobody', client: 'anonymous', hash: `hmac-sha256:${'0'.repeat(64)}` },
    });
    const decision = log.act([output]);
    const erase = (by: typeof agent, record: string): string =>
      log.add(by, 'payload.erase', { record, fields: ['input', 'output'] });
    for (const by of [nodeA, owner, verifier]) erase(by, output);
    erase(agent, anonymous);
    erase(owner, decision);
    erase(agent, 'f'.repeat(64));
    expect(reasons(log)).toEqual([
      ...Array<string>(5).fill('payload.erase: not-client'),
      'payload.erase: unknown-record',
    ]);
    expect(log.timeline.record(erase(agent, output))).toBeDefined();
    expect(log.timeline.record(erase(agent, decision))).toBeDefined();
    expect(reasons(log)).toHaveLength(6);
  });

  it('a name is taken once: label, join', () => {
    const { log } = begun();
    log.publish('v1', 'c');
    log.join(agent, ['agent', 'node']);
    expect(reasons(log)).toEqual(['version.publish: name-taken', 'participant.join: already-joined']);
  });
});

describe('channels', () => {
  it('labels are computed from before and after, the target being always explicit', () => {
    const { log, v1, v2 } = begun();
    const moves = [
      { [v1]: 9_000, [v2]: 1_000 },
      { [v1]: 5_000, [v2]: 5_000 },
      { [v2]: 10_000 },
      { [v1]: 10_000 },
      { [v2]: 10_000 },
      {},
    ];
    for (const to of moves) log.decide(to);
    const labels = log.timeline.registry.channels.get(channel)?.decisions.map(({ label }) => label);
    expect(labels).toEqual(['initial', 'canary', 'adjust', 'promote', 'rollback', 'promote', 'stop']);
  });

  it('PROTOCOL 4.3: a promotion acts when witnessed, a rollback at once', () => {
    const { log, v1, v2 } = begun();
    const { channels, time } = log.timeline.registry;
    const inForce = (): string | undefined => channels.inForce(channel, time.newest?.size ?? 0)?.label;
    log.decide({ [v2]: 10_000 });
    expect(inForce()).toBe('initial');
    log.witness(110);
    expect(inForce()).toBe('promote');
    log.decide({ [v1]: 10_000 });
    expect(inForce()).toBe('rollback');
  });

  it('PROTOCOL 5.5: the canary share follows the weights, and one request always falls the same way', () => {
    const decision = { id: 'd'.repeat(64), to: { 'sha256:a': 9_000, 'sha256:b': 1_000 } };
    const picks = Array.from({ length: 20_000 }, (_, i) => chooseVersion(`request-${i}`, decision));
    const share = picks.filter((version) => version === 'sha256:b').length / picks.length;
    expect(share).toBeGreaterThan(0.09);
    expect(share).toBeLessThan(0.11);
    expect(chooseVersion('request-7', decision)).toBe(picks[7]);
    expect(chooseVersion('request-7', { id: decision.id, to: {} })).toBeUndefined();
  });
});

describe('as-of', () => {
  it('the root of a registry at an older size is the root of a registry that never saw more', () => {
    const { log, v1, v2 } = begun();
    log.lease(nodeA, v2);
    log.decide({ [v2]: 10_000 });
    log.witness(110);
    log.add(owner, 'version.withdraw', { model, version: v2 });
    log.drain(nodeA, v2);
    log.decide({ [v1]: 10_000 }, stranger);
    log.add(agent, 'participant.leave', {});
    log.witness(120);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: log.records.length }), (size) => {
        const prefix = new Registry(({ note }) => Number(note));
        for (const record of log.records.slice(0, size)) prefix.apply(record);
        expect(registryRoot(log.timeline.registry, size)).toBe(registryRoot(prefix, size));
      }),
    );
  });

  it('a size that was never witnessed is refused with the nearest that were', () => {
    const { log } = begun();
    log.witness(130);
    expect(() => log.timeline.asOf(4)).toThrow(KnownAtError);
    expect(() => log.timeline.asOf(4)).toThrow(/Ask at 10/);
    expect(log.timeline.asOf().known).toBe(11);
  });
});

describe('PROTOCOL 1.2: equivocation', () => {
  it('two receipts for one place in a stream are both kept, and shown', () => {
    const { log, v1, v2 } = begun();
    log.output(nodeA, v1, { sequence: '5' });
    log.output(nodeA, v2, { sequence: '5' });
    expect(log.timeline.registry.equivocations).toHaveLength(1);
    expect(log.timeline.registry.equivocations[0]).toMatchObject({ signer: nodeA.keyId });
  });
});

function ownSignature(by: ReturnType<typeof person>, text: string): Uint8Array {
  return by.signBytes(new TextEncoder().encode(text));
}
