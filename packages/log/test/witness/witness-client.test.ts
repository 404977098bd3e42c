import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import {
  consistencyProof,
  formatVkey,
  noteVerifier,
  openWitnessedCheckpoint,
  parsePolicy,
  type Policy,
} from '../../src/index.ts';
import {
  collectCosignatures,
  fetchWitnessCheckpoint,
  parseAddCheckpoint,
  submitCheckpoint,
  type Witness,
  WitnessError,
  type WitnessTarget,
  witnessView,
} from '../../src/node/witness-index.ts';
import { logKey, ORIGIN, policyText, witness as keyOf } from '../pure/keys.ts';
import { checkpointOf, openWitness, request, temporary, tree } from './scene.ts';

type Handler = (body: Uint8Array, answer: ServerResponse, asked: IncomingMessage) => void;

/** A server on a real socket that answers as `handler` does. */
async function listen(handler: Handler): Promise<{ url: string } & AsyncDisposable> {
  const server = createServer(async (asked, answer) => {
    const parts: Uint8Array[] = [];
    for await (const part of asked) parts.push(part as Uint8Array);
    handler(Buffer.concat(parts), answer, asked);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const stop = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, [Symbol.asyncDispose]: stop };
}

/** Our own witness on a real socket; the last path element decides. */
const real =
  (witness: Witness): Handler =>
  (body, answer, asked) => {
    if (asked.method === 'GET') {
      const note = witness.checkpoint(asked.url?.split('/')[1] ?? '');
      answer.writeHead(note === undefined ? 404 : 200).end(note);
      return;
    }
    const reply = witness.addCheckpoint(body);
    answer.writeHead(reply.status, { 'Content-Type': reply.contentType }).end(reply.body);
  };

const answering =
  (status: number, body: string): Handler =>
  (_, answer) =>
    void answer.writeHead(status).end(body);
const target = (url: string, n = 1): WitnessTarget => ({
  name: `w${n}`,
  verifier: noteVerifier(keyOf(n).key),
  url,
});
const submission = (size: number, sizeHint: number) => ({
  checkpoint: checkpointOf(size),
  sizeHint,
  proofFrom: (oldSize: number) => consistencyProof(oldSize, size, tree.node),
});
const soon = (): AbortSignal => AbortSignal.timeout(2_000);
const codeOf = async (run: Promise<unknown>): Promise<string> =>
  run.then(
    () => 'accepted',
    (error: unknown) => (error instanceof WitnessError ? error.code : String(error)),
  );

describe('submitting to one witness', () => {
  it('starts from the hint, and after a 409 from the size that it names', async () => {
    using directory = temporary();
    using opened = openWitness(directory.path);
    const asked: number[] = [];
    await using server = await listen((body, answer, from) => {
      asked.push(parseAddCheckpoint(body).oldSize);
      real(opened.witness)(body, answer, from);
    });
    await submitCheckpoint(target(server.url), submission(7, 0), soon());
    await submitCheckpoint(target(server.url), submission(20, 7), soon());
    await submitCheckpoint(target(server.url), submission(30, 3), soon());
    await submitCheckpoint(target(server.url), submission(30, 999), soon());
    expect(asked).toEqual([0, 7, 3, 20, 30]);
  });

  it.each([
    [404, 'unknown log', 'refused'],
    [403, 'an old litewitness says so of an unknown log', 'refused'],
    [409, '', 'inconsistent'],
    [409, '99\n', 'ahead'],
    [409, '3\n', 'bad-reply'],
    [422, 'inconsistent', 'inconsistent'],
    [429, 'pushback', 'busy'],
    [503, '', 'busy'],
    [500, 'oops', 'bad-reply'],
    [302, 'is not followed', 'unreachable'],
    [200, '', 'bad-reply'],
    [200, 'hello\n', 'bad-reply'],
  ])('%i "%s" is %s', async (status, body, code) => {
    await using server = await listen(answering(status, body));
    expect(await codeOf(submitCheckpoint(target(server.url), submission(7, 3), soon()))).toBe(code);
  });

  it('takes no cosignature of another checkpoint or by another key for its own', async () => {
    using directory = temporary();
    using opened = openWitness(directory.path);
    const stolen = opened.witness.addCheckpoint(request(0, 6)).body;
    await using server = await listen(answering(200, stolen));
    expect(await codeOf(submitCheckpoint(target(server.url), submission(7, 0), soon()))).toBe('bad-reply');
    expect(await codeOf(submitCheckpoint(target(server.url, 2), submission(6, 0), soon()))).toBe('bad-reply');
    expect(await codeOf(submitCheckpoint(target(server.url), submission(6, 0), soon()))).toBe('accepted');
  });

  it('gives up on silence, on a closed port and on an answer without end', async () => {
    await using silent = await listen(() => undefined);
    const brief = AbortSignal.timeout(100);
    expect(await codeOf(submitCheckpoint(target(silent.url), submission(7, 0), brief))).toBe('unreachable');
    expect(await codeOf(submitCheckpoint(target('http://127.0.0.1:1'), submission(7, 0), soon()))).toBe(
      'unreachable',
    );
    await using endless = await listen((_, answer) => {
      const more = (): void => {
        while (!answer.destroyed && answer.write(Buffer.alloc(65_536))) continue;
        answer.once('drain', more);
      };
      more();
    });
    expect(await codeOf(submitCheckpoint(target(endless.url), submission(7, 0), soon()))).toBe('unreachable');
  });

  it('does not chase for ever a witness whose size keeps changing', async () => {
    let size = 1;
    await using server = await listen((_, answer) => void answer.writeHead(409).end(`${++size}\n`));
    expect(await codeOf(submitCheckpoint(target(server.url), submission(300, 1), soon()))).toBe('busy');
    expect(size).toBe(4);
  });

  it('reads what it last saw, and undefined when it saw nothing', async () => {
    using directory = temporary();
    using opened = openWitness(directory.path);
    await using server = await listen(real(opened.witness));
    expect(await fetchWitnessCheckpoint(target(server.url), ORIGIN, soon())).toBeUndefined();
    opened.witness.addCheckpoint(request(0, 7));
    const note = await witnessView(target(server.url), 1_000).lastCheckpoint(ORIGIN);
    expect(note).toBeDefined();
    const policy = parsePolicy(policyText(1, 1));
    expect(openWitnessedCheckpoint(note as Uint8Array, policy).checkpoint.size).toBe(7);
  });
});

describe('collecting a quorum', () => {
  const policyOf = (q: number, urls: readonly (string | undefined)[]): Policy =>
    parsePolicy(
      [
        `log ${formatVkey(logKey.key)}`,
        ...urls.map((url, i) => `witness w${i + 1} ${formatVkey(keyOf(i + 1).key)} ${url ?? ''}`),
        `group g ${q} ${urls.map((_, i) => `w${i + 1}`).join(' ')}`,
        'quorum g',
        '',
      ].join('\n'),
    );

  /** Witness `n` over a directory of its own. */
  async function witnessServer(n: number, delayMs = 0) {
    const directory = temporary();
    const opened = openWitness(directory.path, 1_700_000_000 + n, keyOf(n));
    const server = await listen(
      (body, answer, asked) => void setTimeout(() => real(opened.witness)(body, answer, asked), delayMs),
    );
    return {
      url: server.url,
      [Symbol.asyncDispose]: async () => {
        await server[Symbol.asyncDispose]();
        opened[Symbol.dispose]();
        directory[Symbol.dispose]();
      },
    };
  }

  it('3 of 4 with one frozen and one slow: returns at the quorum, with a note that the policy accepts', async () => {
    await using w1 = await witnessServer(1);
    await using w2 = await witnessServer(2);
    await using w3 = await witnessServer(3, 50);
    await using frozen = await listen(() => undefined);
    const policy = policyOf(3, [w1.url, w2.url, w3.url, frozen.url]);
    const hints = new Map<string, number>();
    const started = performance.now();
    for (const size of [7, 20]) {
      const got = await collectCosignatures(policy, { ...submission(size, 0), hints, timeoutMs: 5_000 });
      expect(got).toMatchObject({ met: true, failures: [], notAwaited: ['w4'] });
      expect(openWitnessedCheckpoint(got.note, policy)).toMatchObject({ witnessedAt: 1_700_000_003 });
      expect(hints.get(w1.url)).toBe(size);
    }
    expect(performance.now() - started).toBeLessThan(4_000);
  });

  it('PROTOCOL 4.3: quorum lost is said, with each witness that failed and why', async () => {
    await using w1 = await witnessServer(1);
    await using refusing = await listen(answering(404, 'no\n'));
    await using frozen = await listen(() => undefined);
    const policy = policyOf(3, [w1.url, refusing.url, frozen.url, undefined]);
    const got = await collectCosignatures(policy, { ...submission(7, 0), hints: new Map(), timeoutMs: 200 });
    expect(got.met).toBe(false);
    expect(got.cosigned).toEqual(['w1']);
    const why = Object.fromEntries(got.failures.map(({ witness, error }) => [witness, error.code]));
    expect(why).toEqual({ w2: 'refused', w3: 'unreachable', w4: 'unreachable' });
    expect(() => openWitnessedCheckpoint(got.note, policy)).toThrow('PolicyError[quorum]');
  });

  it('waits the grace for one more cosignature after the quorum', async () => {
    await using w1 = await witnessServer(1);
    await using w2 = await witnessServer(2, 40);
    const policy = policyOf(1, [w1.url, w2.url]);
    const hints = new Map<string, number>();
    const got = await collectCosignatures(policy, {
      ...submission(7, 0),
      hints,
      timeoutMs: 2_000,
      graceMs: 1_000,
    });
    expect(got.cosigned.toSorted()).toEqual(['w1', 'w2']);
  });
});
