/** A node that blames its client: with f = 1 it must not be able to stop anything. */
import { equal } from '@assay/core';
import { describe, expect, it } from 'vitest';
import { World } from '../../../sim/storage/world.ts';
import { NodeError, TransferError } from '../src/errors.ts';

describe.each([
  ['bad-shard', 'distrusted'],
  ['bad-request', 'refusing'],
] as const)('a node that answers every put with "%s"', (code, state) => {
  it(`is ${state}, and the upload certifies without it`, async () => {
    const world = await World.create({ seed: 11, packs: 4 });
    const accuser = world.hosts[2];
    if (accuser === undefined) throw new Error('there is no such host');
    accuser.putShard = () => Promise.reject(new NodeError(code, { what: 'so it says' }));
    const result = await world.finish(world.startUpload());
    const states = world.events.flatMap((event) =>
      event.type === 'node' && equal(event.node, accuser.id) ? [event.state] : [],
    );
    expect(states).toContain(state);
    expect(result.certificate.signatures.length).toBeGreaterThanOrEqual(5);
    expect((await world.readBack(result)).same).toBe(true);
  });
});

it('with more than f nodes caught in an untruth an upload fails and says so, for no quorum can come back', async () => {
  const world = await World.create({ seed: 12, packs: 4 });
  for (const accuser of world.hosts.slice(0, 2))
    accuser.putShard = () => Promise.reject(new NodeError('bad-shard', { what: 'so it says' }));
  const error = await world.finish(world.startUpload()).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(TransferError);
  expect(error).toMatchObject({ code: 'no-quorum' });
  expect(String(error)).toContain('4 of 6 nodes');
});
