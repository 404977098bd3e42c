/** PROTOCOL 4.6: rules are put in force by the log's own key at its start, once, also in a log from before them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStatement, randomBytes, type SignedStatement, systemClock } from '@assay/core';
import { loadIdentity } from '@assay/core/node';
import { afterAll, describe, expect, it } from 'vitest';
import { LogClient } from '../../src/log-client/index.ts';
import {
  type LogServerConfigInput,
  parseLogServerConfig,
  type RunningLogServer,
  startLogServer,
} from '../../src/log-server/index.ts';

const directory = mkdtempSync(join(tmpdir(), 'assay-rules-'));
const file = (name: string): string => join(directory, name);
const [OLD, NEW] = [`sha256:${'2'.repeat(64)}`, `sha256:${'3'.repeat(64)}`];
let server: RunningLogServer | undefined;

afterAll(async () => {
  await server?.stop();
  rmSync(directory, { recursive: true, force: true });
});

const configOf = (more: Partial<LogServerConfigInput>): LogServerConfigInput => ({
  listen: '127.0.0.1:0',
  origin: 'log.example/rules',
  directory: file('log'),
  seedFile: file('log.seed'),
  operatorKeyFile: file('operator.json'),
  checkpointInterval: 30,
  ...more,
});

/** What the log holds after a start with these rules. */
async function startedWith(rules: readonly string[]): Promise<SignedStatement[]> {
  await server?.stop();
  const outside = { clock: systemClock, entropy: { bytes: randomBytes }, onTrouble: () => undefined };
  server = await startLogServer(parseLogServerConfig(configOf({ rules: [...rules] }), 'rules'), outside);
  const { size } = server.log;
  const log = new LogClient(server.url);
  const found: SignedStatement[] = [];
  for (let i = 0; found.length < size && i < 500; i++) {
    found.length = 0;
    for await (const entries of log.entries(0, size))
      found.push(...entries.map((entry) => openStatement(entry)));
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return found;
}

const activated = (all: readonly SignedStatement[]): string[] => {
  const { keyId } = loadIdentity(file('operator.json'));
  return all.flatMap((each) =>
    each.kind === 'rules.activate' && each.signer === keyId ? [each.predicate.rules] : [],
  );
};

describe('the rules that a log server’s configuration names', { timeout: 60_000 }, () => {
  it('stand in the log behind what was there, in their order, and once however often it starts', async () => {
    expect(activated(await startedWith([]))).toEqual([]);
    expect(activated(await startedWith([OLD]))).toEqual([OLD]);
    expect(activated(await startedWith([OLD]))).toEqual([OLD]);
    const all = await startedWith([OLD, NEW]);
    expect(activated(all)).toEqual([OLD, NEW]);
    expect(await startedWith([OLD, NEW])).toHaveLength(all.length);
  });

  it('are refused where nobody signs statements', () => {
    const opaque = { ...configOf({ rules: [NEW], admission: 'opaque' }) };
    expect(() => parseLogServerConfig(opaque, 'here')).toThrow(/here: rules/);
  });
});
