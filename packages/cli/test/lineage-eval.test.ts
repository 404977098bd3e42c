/** `assay lineage eval`: the plain-data cases, from a file and from standard input. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { runCli } from './support/run-cli.ts';

const file = fileURLToPath(new URL('../../../vectors/lineage.json', import.meta.url));

interface Case {
  readonly queries: readonly { readonly op: string; readonly answer: unknown }[];
}

/** The parts of an answer that a case file compares (cases: `served` by v and s, `closable` by ok). */
function compared(op: string, answer: unknown): unknown {
  const { v, s, ok, state } = answer as Record<string, unknown>;
  if (op === 'served') return { v, s };
  if (op === 'closable') return { ok };
  return op === 'disposition' || op === 'effective' ? { state } : answer;
}

describe('lineage eval', () => {
  it('prints one list of answers per case, all of them right', async () => {
    const cases = JSON.parse(readFileSync(file, 'utf8')) as Case[];
    const { code, out } = await runCli(['lineage', 'eval', file]);
    expect(code).toBe(0);
    const answers = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown[]);
    expect(answers).toHaveLength(cases.length);
    cases.forEach(({ queries }, i) => {
      queries.forEach(({ op, answer }, j) => {
        expect(compared(op, answers[i]?.[j]), `case ${i}, query ${j}`).toEqual(compared(op, answer));
      });
    });
  });

  it('gives the same from standard input, and as one document under --json', async () => {
    const text = readFileSync(file, 'utf8');
    const fromFile = await runCli(['lineage', 'eval', file]);
    expect((await runCli(['lineage', 'eval', '-'], text)).out).toBe(fromFile.out);
    const json = (await runCli(['lineage', 'eval', '-', '--json'], text)).json() as unknown[];
    expect(json.map((list) => JSON.stringify(list)).join('\n')).toBe(fromFile.out.trimEnd());
  });

  it.each([
    ['not JSON', '[{"x":', 'CliError[unreadable-file]'],
    ['a duplicate key', '[{"name":"a","name":"b","records":[],"queries":[]}]', 'CliError[unreadable-file]'],
    ['an unknown op', '[{"records":[],"queries":[{"op":"guess"}]}]', 'LineageError[malformed]'],
    [
      'a record without its id',
      '[{"records":[{"kind":"output","t":1}],"queries":[]}]',
      'LineageError[malformed]',
    ],
  ])('refuses %s with the place, and exit code 2', async (_, text, error) => {
    const { code, err, out } = await runCli(['lineage', 'eval', '-'], text);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(error);
    expect(err).toContain('(at ');
  });

  it('names a file that is not there', async () => {
    const { code, err } = await runCli(['lineage', 'eval', '/nonexistent/cases.json']);
    expect(code).toBe(2);
    expect(err).toContain('/nonexistent/cases.json');
  });
});
