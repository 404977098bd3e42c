/** All commands, and how errors before any command are said. */
import {
  type Application,
  type ApplicationText,
  ArgumentScannerError,
  buildApplication,
  buildRouteMap,
  formatMessageForArgumentScannerError,
  text_en,
} from '@stricli/core';
import type { CliContext } from './cli-context.ts';
import { CliError } from './cli-error.ts';
import { errorData, errorText } from './command.ts';
import { canary } from './commands/canary.ts';
import { erase } from './commands/erase.ts';
import { drill } from './commands/drill.ts';
import { blob } from './commands/blob.ts';
import { bundle } from './commands/bundle.ts';
import { close } from './commands/close.ts';
import { settle } from './commands/settle.ts';
import { refund } from './commands/refund.ts';
import { stake } from './commands/stake.ts';
import { rerun } from './commands/rerun.ts';
import { flag } from './commands/flag.ts';
import { act } from './commands/act.ts';
import { infer } from './commands/infer.ts';
import { why } from './commands/why.ts';
import { who } from './commands/who.ts';
import { verify } from './commands/verify.ts';
import { reach } from './commands/reach.ts';
import { log } from './commands/log.ts';
import { audit } from './commands/audit.ts';
import { lineageEval } from './commands/lineage-eval.ts';
import { promote } from './commands/promote.ts';
import { publish } from './commands/publish.ts';
import { rollback } from './commands/rollback.ts';
import { lapse } from './commands/lapse.ts';
import { withdraw } from './commands/withdraw.ts';
import { storageNode } from './commands/storage-node.ts';
import { up } from './commands/up.ts';
import { pay } from './commands/pay.ts';
import { price } from './commands/price.ts';
import { wallet } from './commands/wallet.ts';

const lineage = buildRouteMap<'eval', CliContext>({
  routes: { eval: lineageEval },
  docs: { brief: 'Plain-data lineage cases' },
});

const routes = {
  up,
  publish,
  promote,
  canary,
  rollback,
  withdraw,
  lapse,
  price,
  infer,
  wallet,
  pay,
  who,
  act,
  flag,
  reach,
  why,
  rerun,
  settle,
  refund,
  close,
  erase,
  bundle,
  verify,
  audit,
  log,
  drill,
  blob,
  'storage-node': storageNode,
  stake,
  lineage,
};

/** The application. @param tellProgram  takes errors as JSON where a program listens, before any command could know */
export function buildApp(tellProgram?: (text: string) => void): Application<CliContext> {
  const root = buildRouteMap<keyof typeof routes, CliContext>({
    routes,
    docs: {
      brief: 'Runs AI models, and keeps a timeline of what happened that nobody can rewrite',
      fullDescription: [
        'Runs AI models, and keeps a timeline of what happened that nobody can rewrite.',
        'Every command takes --json. Exit codes: 0 clean, 1 a finding, 2 cannot tell.',
      ].join('\n'),
    },
  });
  return buildApplication(root, {
    name: 'assay',
    scanner: { caseStyle: 'allow-kebab-for-camel', allowArgumentEscapeSequence: true },
    documentation: {
      caseStyle: 'convert-camel-to-kebab',
      onlyRequiredInUsageLine: true,
      useAliasInUsageLine: false,
    },
    localization: { text: errorTexts(tellProgram) },
  });
}

function errorTexts(tellProgram?: (text: string) => void): ApplicationText {
  let isTold = false;
  const say = (error: unknown): string => {
    // Of several mistakes in one line people see all, and a program one: its answer is one document.
    if (!isTold) tellProgram?.(`${JSON.stringify(errorData(error), null, 2)}\n`);
    isTold = true;
    return errorText(error);
  };
  return {
    ...text_en,
    exceptionWhileParsingArguments: (error) => say(usageError(error)),
    exceptionWhileLoadingCommandFunction: say,
    exceptionWhileLoadingCommandContext: say,
    exceptionWhileRunningCommand: say,
    noCommandRegisteredForInput: ({ input, corrections }) =>
      say(
        new CliError('usage', {
          what: `there is no command "${input}"`,
          fix: corrections.length > 0 ? `Did you mean ${corrections.join(' or ')}?` : 'See "assay --help".',
        }),
      ),
  };
}

function usageError(error: unknown): unknown {
  if (!(error instanceof ArgumentScannerError)) return error;
  const what = formatMessageForArgumentScannerError(error, {
    ArgumentParseError: ({ externalFlagNameOrPlaceholder: name, exception }) =>
      `${name}: ${exception instanceof CliError ? exception.what : String(exception)}`,
  });
  return new CliError('usage', { what, fix: 'Add --help to see what the command takes.' });
}
