/**
 * Holds the documents against the code: generated tables are up to date, and what is pointed at exists.
 *
 *     node scripts/check-docs.ts            # fails when a document has drifted
 *     node scripts/check-docs.ts --write    # writes the generated tables anew
 */
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { brokenLinks } from './docs/broken-links.ts';
import { commandTable } from './docs/command-table.ts';
import { withBlock } from './docs/generated-block.ts';
import { formsTable, statementSections } from './docs/statement-tables.ts';

const GENERATED = [
  { file: 'README.md', blocks: { commands: commandTable } },
  { file: 'specs/statements.md', blocks: { statements: statementSections, forms: formsTable } },
] as const;

const write = process.argv.includes('--write');
const problems: string[] = [];

for (const { file, blocks } of GENERATED) {
  const before = readFileSync(file, 'utf8');
  let after = before;
  for (const [name, content] of Object.entries(blocks)) after = withBlock(after, name, content());
  if (after === before) continue;
  if (write) writeFileSync(file, after);
  else problems.push(`${file} is not what the code says. Run "node scripts/check-docs.ts --write".`);
}

const documents = globSync(['*.md', 'docs/**/*.md', 'specs/**/*.md', 'vectors/**/*.md', 'examples/*/*.md']);
for (const broken of brokenLinks(documents.toSorted())) problems.push(`${broken} is not there.`);

for (const problem of problems) console.error(problem);
console.log(`${documents.length} documents, ${problems.length} problems`);
process.exitCode = problems.length === 0 ? 0 : 1;
