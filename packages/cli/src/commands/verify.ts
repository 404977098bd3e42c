/** `assay verify`: checks receipts with their proofs, and bundles, offline: nothing is fetched. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parsePolicy } from '@assay/log';
import type { TrustMaterial } from '@assay/verify';
import { isBundle, verifyBundle } from '../bundle/verify-bundle.ts';
import type { CliContext } from '../cli-context.ts';
import { CliError } from '../cli-error.ts';
import { offlineCommand } from '../command.ts';
import { isDrill, verifyDrill } from '../drill/verify-drill.ts';
import { readFileBytes } from '../content/read-file.ts';
import { asText } from '../flags.ts';
import type { Exit } from '../report.ts';
import { classify } from '../verify/classify.ts';
import { type Checked, checkEntries } from '../verify/check-entries.ts';

interface VerifyFlags {
  readonly policy?: string;
  readonly dir: string;
}

export const verify = offlineCommand<VerifyFlags, string[]>({
  brief: 'Verify receipts with their proofs, or a bundle, offline',
  examples: ['verify receipt.json receipt.tlog-proof --policy my.policy', 'verify scope.csv.bundle.json'],
  flags: {
    policy: { kind: 'parsed', parse: asText, brief: 'Whom you trust', optional: true, placeholder: 'FILE' },
    dir: {
      kind: 'parsed',
      parse: asText,
      brief: 'Folder of a local network, for its policy',
      default: '.assay',
      placeholder: 'DIR',
    },
  },
  args: {
    kind: 'array',
    minimum: 1,
    parameter: {
      brief: 'Entries, .tlog-proof files, checkpoints, bundles, drills',
      parse: asText,
      placeholder: 'FILE',
    },
  },
  async run(context, flags, ...paths) {
    const trust = trustOf(context, flags);
    const files = paths.map((path) => classify(path, readFileBytes(path)));
    const bundles = files.filter(isBundle).map((file) => verifyBundle(file, dirname(file.path), trust));
    const drills = files.filter(isDrill).map((file) => verifyDrill(file, dirname(file.path)));
    const rest = files.filter((file) => !isBundle(file) && !isDrill(file));
    const checked: Checked[] = [...bundles, ...drills, ...(rest.length > 0 ? checkEntries(rest, trust) : [])];
    const exit = worst(checked.map((each) => each.exit));
    return {
      exit,
      data: { verified: exit === 0, results: checked },
      lines: checked.flatMap(({ lines }) => lines),
    };
  },
});

function trustOf({ clock }: CliContext, { policy, dir }: VerifyFlags): TrustMaterial {
  const path = policy ?? join(dir, 'policy');
  if (!existsSync(path)) {
    throw new CliError('no-network', {
      what: 'there is no trust policy, so nothing can be verified',
      where: path,
      fix: 'Give --policy FILE: the log and witness keys that you trust, and their quorum.',
    });
  }
  return { policy: parsePolicy(readFileBytes(path)), judgedAt: Math.floor(clock.now() / 1_000) };
}

/** A finding outweighs a doubt, a doubt outweighs a clean answer. */
function worst(exits: readonly Exit[]): Exit {
  if (exits.includes(1)) return 1;
  return exits.includes(2) ? 2 : 0;
}
