import type { Clock } from '@assay/core';
import { describe, expect, it } from 'vitest';
import { Breaker } from '../../src/gateway/breaker.ts';
import type { GatewayError } from '../../src/gateway/gateway-error.ts';
import { readParameters } from '../../src/gateway/request-parameters.ts';

describe('the breaker of a node', () => {
  it('opens after three failures in a row, lets one through after each pause, and longer each time', () => {
    let now = 0;
    const clock: Clock = { now: () => now };
    const breaker = new Breaker(clock);
    breaker.failed();
    breaker.failed();
    expect(breaker.isOpenForRequests).toBe(true);
    breaker.failed();
    expect(breaker.isOpenForRequests).toBe(false);
    now = 500;
    expect(breaker.isOpenForRequests).toBe(true);
    breaker.failed();
    now = 1_400;
    expect(breaker.isOpenForRequests).toBe(false);
    now = 1_500;
    expect(breaker.isOpenForRequests).toBe(true);
    breaker.succeeded();
    breaker.failed();
    breaker.failed();
    expect(breaker.isOpenForRequests).toBe(true);
  });
});

describe('request parameters', () => {
  const read = (
    parameters: Record<string, string | number | boolean>,
    rest: { clientHeader?: string; waitQuery?: string } = {},
  ) => readParameters({ parameters, clientHeader: rest.clientHeader, waitQuery: rest.waitQuery });

  it('have honest defaults', () => {
    expect(read({})).toEqual({
      channel: undefined,
      client: 'anonymous',
      uses: [],
      rerunOf: undefined,
      verification: 'signed',
      wait: 'signed',
      inlineReceipt: false,
      salts: {},
    });
  });

  it('may come by header and query; what the body says counts more', () => {
    expect(read({}, { clientHeader: 'desk-7', waitQuery: 'witnessed' })).toMatchObject({
      client: 'desk-7',
      wait: 'witnessed',
    });
    expect(
      read({ assay_client: 'desk-8', wait: 'sequenced' }, { clientHeader: 'desk-7', waitQuery: 'witnessed' }),
    ).toMatchObject({
      client: 'desk-8',
      wait: 'sequenced',
    });
  });

  it('uses is a list of record ids', () => {
    const [a, b] = ['a'.repeat(64), 'b'.repeat(64)];
    expect(read({ assay_uses: `${a}, ${b}` }).uses).toEqual([a, b]);
  });

  it.each([
    [{ temperature: 1 }, 'parameters.temperature'],
    [{ assay_channel: 3 }, 'parameters.assay_channel'],
    [{ assay_channel: 'Not a name' }, 'parameters.assay_channel'],
    [{ assay_client: 'ed25519:zz' }, 'parameters.assay_client'],
    [{ assay_uses: 'abc' }, 'parameters.assay_uses'],
    [{ assay_uses: Array(65).fill('a'.repeat(64)).join(',') }, 'parameters.assay_uses'],
    [{ assay_rerun_of: 'A'.repeat(64) }, 'parameters.assay_rerun_of'],
    [{ assay_verification: 'sure' }, 'parameters.assay_verification'],
    [{ assay_salt_input: '00' }, 'parameters.assay_salt_input'],
    [{ wait: 'forever' }, 'parameters.wait'],
  ])('%j is refused, naming it', (parameters, where) => {
    expect(() => read(parameters as Record<string, string>)).toThrow(
      expect.objectContaining({ code: 'parameter', where }) as GatewayError,
    );
  });
});
