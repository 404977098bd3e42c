/** `assay audit`: downloads a log and re-verifies every byte, signature, proof, witness and view root. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { AssayError, hex, sha256, utf8 } from '@assay/core';
import { parseCheckpoint, parseNote, type Policy } from '@assay/log';
import { loadSecp256k1 } from '@assay/pay/node';
import { LogClient } from '@assay/services';
import {
  type AuditedMoney,
  auditLog,
  type AuditReport,
  type KnownCheckpoint,
  type MoneyChain,
} from '@assay/verify';
import { CliError } from '../cli-error.ts';
import { networkCommand } from '../command.ts';
import { httpLogReader, readFile } from '../content/http-log-reader.ts';
import { moneyChain } from '../content/money-chain.ts';
import { asCount, asText } from '../flags.ts';
import { nameOfParticipant } from '../names/participants.ts';
import type { Exit } from '../report.ts';
import type { Session } from '../session.ts';
import { counted } from '../words.ts';

interface AuditFlags {
  readonly money: boolean;
  readonly rpc?: readonly string[];
  readonly grace?: number;
  readonly witnessUrl?: readonly string[];
}

export const audit = networkCommand<AuditFlags, []>({
  brief: 'Download a log and re-verify everything in it',
  examples: [
    'audit',
    'audit --money',
    'audit --log https://log.example --policy my.policy --money --rpc https://rpc.example',
  ],
  flags: {
    money: {
      kind: 'boolean',
      brief: 'Audit every charge too: its output, its order, its batch, and the chain',
      default: false,
      withNegated: false,
    },
    rpc: {
      kind: 'parsed',
      parse: asText,
      brief: "JSON-RPC of a chain that charges settle on; a local network's own by default",
      variadic: true,
      optional: true,
      placeholder: 'URL',
    },
    grace: {
      kind: 'parsed',
      parse: asCount,
      brief: 'Seconds that a gateway may take to charge or release a witnessed output; two hours by default',
      optional: true,
      placeholder: 'SECONDS',
    },
    witnessUrl: {
      kind: 'parsed',
      parse: asText,
      brief: "A witness's URL to compare with, besides those in the policy",
      variadic: true,
      optional: true,
      placeholder: 'URL',
    },
  },
  args: { kind: 'tuple', parameters: [] },
  async run(session, { witnessUrl = [], money: withMoney, rpc, grace }) {
    const { policy, context } = session;
    // A living chain runs ahead of the log: it is opened first, and claims are read as of then.
    using chains = withMoney
      ? await openChains(rpc?.map((url) => ({ url })) ?? localChain(session))
      : undefined;
    const progress = session.progress();
    const started = context.clock.now();
    const trust = { policy, judgedAt: Math.floor(started / 1_000) };
    const { known, silent } = await witnessCheckpoints(policy, witnessUrl);
    await waitForSize(session, known);
    const say = (line: string): void => void context.process.stderr.write(`${line}\n`);
    const money =
      chains === undefined
        ? {}
        : {
            money: {
              chains: chains.all,
              judgedAt: trust.judgedAt,
              curve: loadSecp256k1(say),
              ...graceOf(grace),
            },
          };
    const report = await auditLog(httpLogReader(session.log.url), trust, {
      known,
      ...money,
      onProgress: (done, total) => progress.tick(() => `audit: ${done} of ${total} entries`),
    });
    const seconds = (context.clock.now() - started) / 1_000;
    return {
      exit: EXITS[report.verdict],
      data: dataOf(report, silent),
      lines: lines(report, { known, silent, seconds }),
    };
  },
});

const EXITS: Readonly<Record<AuditReport['verdict'], Exit>> = { clean: 0, finding: 1, incomplete: 2 };

/** A chain to ask, and where its vault begins, if that is known. */
interface NamedChain {
  readonly url: string;
  readonly deployedAt?: number | undefined;
}

interface Chains extends Disposable {
  readonly all: readonly MoneyChain[];
}

async function openChains(chains: readonly NamedChain[]): Promise<Chains> {
  const all = await Promise.all(chains.map(({ url, deployedAt }) => moneyChain(url, deployedAt)));
  return {
    all,
    [Symbol.dispose]: () => {
      for (const chain of all) chain[Symbol.dispose]();
    },
  };
}

const graceOf = (graceSeconds: number | undefined): { graceSeconds?: number } =>
  graceSeconds === undefined ? {} : { graceSeconds };

/** The chain of the local network, when it is that network's log that is audited. */
function localChain(session: Session): readonly NamedChain[] {
  if (!existsSync(join(session.dir, 'network.json'))) return [];
  const { log, money } = session.network;
  if (money === undefined || session.log.url !== new LogClient(log.url).url) return [];
  return [{ url: money.rpc, deployedAt: money.deployedAt }];
}

interface Heard {
  readonly known: KnownCheckpoint[];
  /** Witnesses that did not answer. */
  readonly silent: string[];
}

/** What the witnesses themselves hold of the log: only they can tell that the copy served here was cut. */
async function witnessCheckpoints(policy: Policy, more: readonly string[]): Promise<Heard> {
  const urls = new Set([...policy.witnesses.flatMap(({ url }) => url ?? []), ...more]);
  const origins = new Set(policy.logs.map(({ verifier }) => verifier.key.name));
  const heard: Heard = { known: [], silent: [] };
  for (const url of urls) {
    for (const origin of origins) {
      const where = `${url.replace(/\/+$/, '')}/${hex(sha256(utf8(origin)))}/checkpoint`;
      try {
        const note = await readFile(where);
        if (note !== undefined) heard.known.push({ from: url, note });
      } catch (error) {
        if (!(error instanceof CliError)) throw error;
        heard.silent.push(url);
      }
    }
  }
  return heard;
}

/** How long a log may take to publish what its witnesses have signed already, in milliseconds. */
const PUBLISH_MS = 10_000;

/**
 * Waits until the log serves as much as its witnesses hold. A living log publishes a checkpoint a moment after it is
 * cosigned; one that does not within this time is told to be cut by the audit itself.
 */
async function waitForSize(session: Session, known: readonly KnownCheckpoint[]): Promise<void> {
  const wanted = Math.max(0, ...known.map(({ note }) => sizeOf(note)));
  const deadline = session.context.clock.now() + PUBLISH_MS;
  while (session.context.clock.now() < deadline) {
    const published = await readFile(`${session.log.url}/checkpoint`);
    if (published === undefined || sizeOf(published) >= wanted) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** The size that a note claims; 0 when it is no checkpoint, which the audit then says. */
function sizeOf(note: Uint8Array): number {
  try {
    return parseCheckpoint(parseNote(note).text).size;
  } catch (error) {
    if (error instanceof AssayError) return 0;
    throw error;
  }
}

function dataOf(report: AuditReport, silent: readonly string[]): object {
  const { head, findings, counts, verdict, verified } = report;
  return {
    verdict,
    head: head === undefined ? null : { ...head.checkpoint, root: hex(head.checkpoint.root) },
    verified,
    counts,
    findings,
    silentWitnesses: silent,
    ...(report.money === undefined ? {} : { money: moneyData(report.money) }),
  };
}

const moneyData = ({ charged, chargedTwice, ...counts }: AuditedMoney): object => ({
  ...counts,
  chargedTwice: chargedTwice.map(({ payer, request, charges }) => ({
    payer,
    request,
    charges: charges.map(({ index, gateway, amount }) => ({ entry: index, gateway, amount: String(amount) })),
  })),
  charged: Object.fromEntries(Array.from(charged, ([network, amount]) => [network, String(amount)])),
});

function* moneyLines({
  charges,
  releases,
  batches,
  refunds,
  vetoes,
  withheld,
  charged,
  chains,
  chargedTwice,
}: AuditedMoney): Generator<string> {
  yield `audited ${counted(charges, 'charge')}, ${counted(releases, 'release')}, ${batches} ${batches === 1 ? 'batch' : 'batches'}, ${counted(refunds, 'refund')}${vetoes === 0 ? '' : `, of further ones ${vetoes} vetoed`}`;
  for (const [network, amount] of charged) {
    const compared = chains.includes(network) ? 'compared with the chain' : 'the chain was not read';
    yield `${amount} units charged on ${network}, ${compared}`;
  }
  if (withheld > 0)
    yield `${counted(withheld, 'charge')} withheld by their settler: the chain did not hold their money (no finding)`;
  yield* twiceLines(chargedTwice);
}

/** Most requests that are told one by one. */
const TWICE_TOLD = 20;

function* twiceLines(all: AuditedMoney['chargedTwice']): Generator<string> {
  if (all.length === 0) return;
  yield `${all.length} requests were charged by several gateways, each of which was ordered to answer (no finding):`;
  for (const { payer, request, charges } of all.slice(0, TWICE_TOLD)) {
    const by = charges.map(({ index, gateway, amount }) => `${amount} by ${gateway} in entry ${index}`);
    yield `  ${request} of ${payer}: ${by.join(', ')}`;
  }
  if (all.length > TWICE_TOLD) yield `  and ${all.length - TWICE_TOLD} more`;
}

function* lines(report: AuditReport, run: Heard & { readonly seconds: number }): Generator<string> {
  const { head, findings, counts, verified, verdict } = report;
  if (head === undefined) yield 'no checkpoint of this log could be verified';
  else yield `${head.checkpoint.origin}, ${head.checkpoint.size} entries, root ${hex(head.checkpoint.root)}`;
  yield `verified ${verified.entries} entries, ${verified.checkpoints} logged checkpoints, ${verified.viewRoots} view roots in ${run.seconds.toFixed(1)} s`;
  if (report.money !== undefined) for (const line of moneyLines(report.money)) yield named(line, report);
  if (run.known.length > 0) yield `compared with what ${run.known.length} witnesses hold`;
  for (const url of run.silent) yield `witness did not answer: ${url}`;
  for (const finding of findings) yield named(finding.message.replace('Finding', ''), report);
  for (const [code, count] of counts) {
    const kept = findings.filter((finding) => finding.code === code).length;
    if (count > kept) yield `[${code}]: ${count - kept} more`;
  }
  yield VERDICTS[verdict];
}

const VERDICTS: Readonly<Record<AuditReport['verdict'], string>> = {
  clean: 'clean: everything verified',
  finding: 'FINDINGS: not everything is as it should be',
  incomplete: 'cannot tell: nothing is wrong, but not all was understood',
};

/** Keys of participants with their names beside them. */
function named(text: string, { timeline }: AuditReport): string {
  if (timeline === undefined) return text;
  return text.replaceAll(/ed25519:[0-9a-f]{64}/g, (key) => {
    const name = nameOfParticipant(timeline.registry, key);
    return key.startsWith(name) ? key : name;
  });
}
