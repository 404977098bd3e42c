/** The table of commands in the README, as the command line itself lists them. */
import { buildApp } from '../../packages/cli/src/app.ts';

/** Markdown of all commands; those that are groups name their parts. */
export function commandTable(): string {
  const rows = entriesOf(buildApp().root).map(
    ({ name, target }) => `| \`assay ${name}\`${partsOf(target)} | ${target.brief} |`,
  );
  return ['| command | |', '|---|---|', ...rows].join('\n');
}

type Target = ReturnType<typeof buildApp>['root'];

interface Entry {
  readonly name: string;
  readonly target: Target;
}

function entriesOf(target: Target): Entry[] {
  if (!('getAllEntries' in target)) return [];
  return target
    .getAllEntries()
    .map((entry) => ({ name: entry.name['convert-camel-to-kebab'], target: entry.target }));
}

function partsOf(target: Target): string {
  const names = entriesOf(target).map(({ name }) => `\`${name}\``);
  return names.length === 0 ? '' : ` ${names.join(' ')}`;
}
