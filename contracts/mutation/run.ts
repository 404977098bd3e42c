/**
 * `npm run test:mutation`: changes the contracts a little, one change at a time, and says which changes no test noticed.
 *
 * Forge's tests deploy artifacts, so only the mutated contract is compiled, and the tests are compiled once.
 * Options: `--slice I/N` every N-th mutant from I, `--only PART` of a source's path, `--minutes M` to stop after, `--list`.
 */
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { encodeArtifact, readArtifact } from '../build/artifact.ts';
import { compile, sourcePath, type Compiled } from '../build/compiler.ts';
import { ROOT, forge } from '../build/forge.ts';
import { ARTIFACTS, DEPLOYABLE } from '../build/settings.ts';
import { mutantsOf, type Mutant } from './operators.ts';
import { EQUIVALENT, TARGETS, type Target } from './targets.ts';

type Verdict = 'killed' | 'survived' | 'same-code' | 'does-not-compile';

const FOLDER = join(ROOT, '.assay/mutation');
const originals = new Map<string, Compiled>();

const { values } = parseArgs({
  options: {
    slice: { type: 'string' },
    only: { type: 'string' },
    minutes: { type: 'string' },
    list: { type: 'boolean' },
  },
});
const deadline = performance.now() + 60_000 * Number(values.minutes ?? Infinity);
const [slice = 0, of = 1] = (values.slice ?? '0/1').split('/').map(Number);

const mutants = Object.keys(TARGETS)
  .filter((source) => source.includes(values.only ?? ''))
  .flatMap((source) =>
    mutantsOf(source, readFileSync(sourcePath(source), 'utf8')).map((mutant) => ({ source, mutant })),
  )
  .filter(
    ({ source, mutant }) => !EQUIVALENT.some(([name, what]) => name === source && what.test(mutant.what)),
  )
  .filter((_, index) => index % of === slice);

if (values.list === true) {
  for (const { mutant } of mutants) console.log(`${mutant.id} ${mutant.what}`);
  console.log(`${mutants.length} mutants`);
} else {
  runAll();
}

function runAll(): void {
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(FOLDER, { recursive: true });
  const untouched = forge({ args: ['test', '--no-match-contract', 'InvariantsTest'], quiet: true });
  if (untouched.status !== 0) {
    console.error(`the tests fail on the contracts as they are:\n${untouched.stdout}${untouched.stderr}`);
    process.exitCode = 1;
    return;
  }
  const count: Record<Verdict, number> = { killed: 0, survived: 0, 'same-code': 0, 'does-not-compile': 0 };
  for (const [index, { source, mutant }] of mutants.entries()) {
    if (performance.now() > deadline) {
      console.log(`stopped after ${index} of ${mutants.length}`);
      break;
    }
    if (index % 10 === 0) console.log(`${index} of ${mutants.length}`);
    const verdict = judge(source, mutant);
    count[verdict]++;
    if (verdict === 'survived') console.log(`survived ${mutant.id} ${mutant.what}`);
  }
  const judged = count.killed + count.survived;
  const rate = judged === 0 ? 1 : count.killed / judged;
  console.log(
    `${count.killed} of ${judged} mutants killed (${(100 * rate).toFixed(1)} %); not counted: ` +
      `${count['same-code']} with the same code, ${count['does-not-compile']} that do not compile, ${EQUIVALENT.length} named as equivalent`,
  );
  process.exitCode = rate >= 0.95 ? 0 : 1;
}

function judge(source: string, mutant: Mutant): Verdict {
  const folder = join(FOLDER, 'artifacts');
  cpSync(ARTIFACTS, folder, { recursive: true });
  const target = targetOf(source);
  let changed = false;
  for (const contract of target.contracts) {
    const compiled = compileQuickly(contract, { [source]: mutant.source });
    if (compiled === undefined) return 'does-not-compile';
    changed ||= compiled.bytecode !== originalOf(contract).bytecode;
    writeFileSync(
      join(folder, `${contract}.json`),
      encodeArtifact({ ...readArtifact(contract), ...compiled }),
    );
  }
  if (!changed) return 'same-code';
  // Mutants that never end are killed by time; the tests as they are take some seconds.
  const args = ['test', '--fail-fast', '--match-contract', target.tests];
  return forge({ args, artifacts: folder, quiet: true, timeout: 60_000 }).status === 0
    ? 'survived'
    : 'killed';
}

function targetOf(source: string): Target {
  const target = TARGETS[source];
  if (target === undefined) throw new Error(`nothing is known of ${source}`);
  return target;
}

function originalOf(contract: string): Compiled {
  const known = originals.get(contract) ?? compileQuickly(contract, {});
  if (known === undefined) throw new Error(`${contract} does not compile`);
  originals.set(contract, known);
  return known;
}

/** Without the optimizer: a third of the time, and the same behaviour. */
function compileQuickly(contract: string, replace: Readonly<Record<string, string>>): Compiled | undefined {
  const source = DEPLOYABLE[contract];
  if (source === undefined) throw new Error(`no such contract: ${contract}`);
  try {
    return compile([source], { replace, only: [source, contract], quick: true }).contracts[source]?.[
      contract
    ];
  } catch {
    // What the compiler refuses is no mutant; its words are of no interest.
    return undefined;
  }
}
