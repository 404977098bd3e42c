/** What holds for every command: help with examples, --json, exit code 2 for whatever cannot be understood. */
import { type Application, type CommandContext, generateHelpTextForAllCommands } from '@stricli/core';
import { describe, expect, it } from 'vitest';
import { buildApp } from '../src/app.ts';
import { runCli } from './support/run-cli.ts';

const documented = generateHelpTextForAllCommands(
  // Help asks nothing of the context.
  buildApp() as unknown as Application<CommandContext>,
);
const commands = documented.map(([route, help]) => ({ route, help, words: route.split(' ').slice(1) }));

describe('every command', () => {
  it('is one of those that issue 2 asks for, and none is missing', () => {
    const asked =
      'up publish promote canary rollback infer who act flag reach why rerun settle close bundle verify audit drill';
    const names = new Set(commands.map(({ words }) => words[0]));
    for (const name of [...asked.split(' '), 'log', 'lineage']) expect(names).toContain(name);
  });

  it.each(commands)('$route: help has one to three examples of itself', async ({ words }) => {
    const { code, out } = await runCli([...words, '--help']);
    expect(code).toBe(0);
    const [, after = ''] = out.split('EXAMPLES\n');
    const examples = (after.split('\n\n')[0] ?? '').split('\n');
    expect(examples.length).toBeGreaterThanOrEqual(1);
    expect(examples.length).toBeLessThanOrEqual(3);
    for (const line of examples)
      expect(line.trim()).toMatch(new RegExp(`^npx assay ${words.join(' ')}( |$)`));
  });

  it.each(commands)('$route: takes --json', ({ help }) => expect(help).toContain('--json'));

  it.each(commands)(
    '$route: an unknown flag is exit code 2, as a typed error under --json',
    async ({ words }) => {
      const plain = await runCli([...words, '--no-such-flag']);
      expect(plain).toMatchObject({ code: 2, out: '' });
      expect(plain.err).toMatch(/^CliError\[usage\]: /);
      const json = await runCli([...words, '--no-such-flag', '--json']);
      expect(json.code).toBe(2);
      expect(json.json()).toMatchObject({ error: 'CliError', code: 'usage' });
    },
  );
});

describe('a command line', () => {
  it('that asks nothing is told what can be asked', async () => {
    const { code, out } = await runCli([]);
    expect(code).toBe(0);
    expect(out).toContain('Exit codes: 0 clean, 1 a finding, 2 cannot tell.');
  });

  it('with several mistakes is one JSON document', async () => {
    const { code, err, json } = await runCli(['promote', '--json']);
    expect(code).toBe(2);
    expect(json()).toMatchObject({ error: 'CliError', code: 'usage' });
    expect(err.trimEnd().split('\n')).toHaveLength(2);
  });

  it('with a slip in the command is told the nearest one', async () => {
    const { code, err } = await runCli(['rolback']);
    expect(code).toBe(2);
    expect(err).toContain('Did you mean `rollback`?');
  });

  const dir = '/nonexistent/assay';
  const asks: readonly (readonly string[])[] = [
    ['who', 'ab'.repeat(32)],
    ['reach', 'ab'.repeat(32)],
    ['promote', 'fraud/prod', '--to', 'v1'],
    ['log', 'ls'],
    ['audit'],
    ['drill'],
  ];
  it.each(asks)('without a network cannot tell: %s', async (...args) => {
    const { code, err, out } = await runCli([...args, '--dir', dir]);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain('CliError[no-network]');
    expect(err).toContain('npx assay up');
  });

  it('for a remote log must bring its own policy', async () => {
    const { code, out } = await runCli(['log', 'checkpoint', '--log', 'http://127.0.0.1:9', '--json']);
    expect(code).toBe(2);
    expect(JSON.parse(out)).toMatchObject({ error: 'LogClientError', code: 'unreachable' });
    const audit = await runCli(['audit', '--log', 'http://127.0.0.1:9']);
    expect(audit.err).toContain('Give --policy FILE');
  });
});
