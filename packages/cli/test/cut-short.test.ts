/** A command that is killed in the middle of its lone append, on a real process and a real log. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fromHex, openCommitment, utf8 } from '@assay/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestNetwork, until } from '../../services/test/support/network.ts';
import { runCli } from './support/run-cli.ts';

const BIN = fileURLToPath(new URL('../bin/assay.js', import.meta.url));

let network: TestNetwork;
let proxy: Server;
let url = '';
/** What the proxy does with an append: passes it on, or keeps the request, or keeps the answer. */
let mode: 'through' | 'swallow request' | 'swallow answer' = 'through';
let swallowed = 0;

beforeAll(async () => {
  network = await TestNetwork.start();
  await network.join('agent', ['agent']);
  proxy = createServer((request, response) => {
    void (async () => {
      const parts: Buffer[] = [];
      for await (const part of request) parts.push(part as Buffer);
      const isAppend = request.method === 'POST';
      if (isAppend && mode === 'swallow request') return void (swallowed += 1);
      const answer = await fetch(network.log.url + (request.url ?? ''), {
        method: request.method ?? 'GET',
        ...(isAppend ? { body: Buffer.concat(parts) } : {}),
      });
      const body = Buffer.from(await answer.arrayBuffer());
      if (isAppend && mode === 'swallow answer') return void (swallowed += 1);
      response.writeHead(answer.status).end(body);
    })();
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
}, 120_000);
afterAll(async () => {
  proxy.closeAllConnections();
  proxy.close();
  await network.stop();
});

const acting = (note: string): string[] => [
  ...`act --type payment --reversibility compensable --amount 7:unit --uses ${'ab'.repeat(32)}`.split(' '),
  ...`--log ${url} --policy ${network.policyFile} --dir ${network.directory}`.split(' '),
  '--key',
  join(network.directory, 'agent.json'),
  '--note',
  note,
];
const acts = (): number => network.records.filter(({ kind }) => kind === 'act').length;
const pending = (): string[] => readdirSync(join(network.directory, 'private', 'pending'));

/** Runs the command as a process of its own and kills it as soon as its append is under way. */
async function killedWhile(how: typeof mode, args: readonly string[]): Promise<void> {
  mode = how;
  const before = swallowed;
  const child: ChildProcess = spawn(process.execPath, [BIN, ...args], { stdio: 'ignore' });
  await until(() => swallowed > before, 60_000);
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await ended;
  mode = 'through';
}

describe('a command that was killed while it appended', () => {
  it.each(['swallow request', 'swallow answer'] as const)(
    'goes on when it is typed again (%s): the log has it once, and what opens it is kept',
    async (how) => {
      const before = acts();
      await killedWhile(how, acting(how));
      expect(pending()).toHaveLength(1);
      const again = await runCli([...acting(how), '--json']);
      expect([again.code, again.err]).toEqual([0, expect.stringContaining('going on with act')]);
      const { id } = again.json() as { id: string };
      await network.follower.waitFor(id, 'sequenced', 10_000);
      expect(acts()).toBe(before + 1);
      expect(pending()).toEqual([]);
      const notes = readFileSync(join(network.directory, 'private', 'notes.jsonl'), 'utf8')
        .trim()
        .split('\n');
      const kept = notes.map((line) => JSON.parse(line) as { record: string; salt: string; text: string });
      const note = kept.find(({ record }) => record === id);
      const record = network.records.find((each) => each.id === id);
      if (record?.kind !== 'act' || note === undefined) throw new Error('the act or its note is not there');
      openCommitment(record.predicate.content, 'act', { salt: fromHex(note.salt), bytes: utf8(note.text) });
      expect(note.text).toBe(how);
    },
    90_000,
  );

  it('is not confused with another: that one is said beside it, and the first is told of', async () => {
    const before = acts();
    await killedWhile('swallow request', acting('first'));
    const other = await runCli(acting('second'));
    expect(other.code).toBe(0);
    expect(other.err).toMatch(/an earlier command signed act [0-9a-f]{12} and the log does not have it/);
    expect(pending()).toHaveLength(1);
    expect((await runCli(acting('first'))).code).toBe(0);
    expect(pending()).toEqual([]);
    await until(() => acts() === before + 2);
    // Said twice by two commands that both ended, it is two acts.
    expect((await runCli(acting('first'))).code).toBe(0);
    await until(() => acts() === before + 3);
  }, 90_000);
});
