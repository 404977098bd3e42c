/** `assay storage-node`: one storage node, over a folder of this machine or over an S3-compatible bucket, until it is stopped. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { CliError } from '../cli-error.ts';
import { offlineCommand } from '../command.ts';
import { readJsonFile } from '../content/json-file.ts';
import { asCount, asText } from '../flags.ts';
import type { Report } from '../report.ts';

interface NodeFlags {
  readonly dir: string;
  readonly listen: string;
  readonly network?: string;
  readonly s3?: string;
  readonly bucket?: string;
  readonly prefix?: string;
  readonly credentials?: string;
  readonly tenant?: readonly string[];
  readonly quota: number;
}

const MAIN = fileURLToPath(import.meta.resolve('@assay/services/storage-node'));

export const storageNode = offlineCommand<NodeFlags, []>({
  brief: 'Run one storage node, over a folder here or over any S3-compatible bucket',
  examples: [
    'storage-node --dir node-1',
    'storage-node --dir node-1 --network storage.json --listen 10.0.0.7:7600 --tenant ed25519:9f3a…',
    'storage-node --dir node-2 --network storage.json --s3 https://s3.example.org --bucket shards --credentials aws.json --tenant ed25519:9f3a…',
  ],
  flags: {
    dir: text(
      'Folder of this node: its key, its configuration, and its bytes unless a bucket keeps them',
      'DIR',
      {
        default: '.assay-node',
      },
    ),
    listen: text(
      'Address; everybody may store there unless tenants are named, so then it must be a loopback one',
      'HOST:PORT',
      {
        default: '127.0.0.1:7600',
      },
    ),
    network: text(
      'Description of the storage network; without it the node only prints its key, for one to be made',
      'FILE',
    ),
    s3: text(
      'Endpoint that keeps the bytes instead of a folder; receipts then say that a provider attests them',
      'URL',
    ),
    bucket: text('Bucket at that endpoint; it must be there', 'NAME'),
    prefix: text('Put before every key in the bucket; one node, one prefix', 'PREFIX'),
    credentials: text(
      'JSON file with accessKeyId and secretAccessKey; else the AWS client’s own places are looked at',
      'FILE',
    ),
    tenant: {
      kind: 'parsed',
      parse: asText,
      brief: 'Key that may store and delete here; more than one may be given',
      variadic: true,
      optional: true,
      placeholder: 'KEY',
    },
    quota: { kind: 'parsed', parse: asCount, brief: 'GiB that it takes', default: '100', placeholder: 'GIB' },
  },
  args: { kind: 'tuple', parameters: [] },
  async run(context, flags) {
    const config = join(flags.dir, 'node.json');
    mkdirSync(flags.dir, { recursive: true });
    writeFileSync(config, `${JSON.stringify(configOf(flags), null, 2)}\n`);
    // Under --json standard output is one document, and the log on standard error has to do.
    const say = (line: string): void => void (flags.json || context.process.stdout.write(`${line}\n`));
    return runNode(config, flags, say);
  },
});

function text(brief: string, placeholder: string, more: { readonly default: string }): TextFlag<string>;
function text(brief: string, placeholder: string): TextFlag<undefined>;
function text(brief: string, placeholder: string, more: object = { optional: true }): object {
  return { kind: 'parsed', parse: asText, brief, placeholder, ...more };
}

interface TextShape {
  readonly kind: 'parsed';
  readonly parse: (value: string) => string;
  readonly brief: string;
  readonly placeholder: string;
}
type TextFlag<Default> = TextShape &
  (Default extends string ? { readonly default: string } : { readonly optional: true });

/** What the node's process reads. @throws CliError `usage` | `unreadable-file` */
function configOf({
  dir,
  listen,
  network,
  s3,
  bucket,
  prefix,
  credentials,
  tenant,
  quota,
}: NodeFlags): object {
  if ((s3 === undefined) !== (bucket === undefined))
    throw new CliError('usage', { what: '--s3 and --bucket belong together' });
  const place = {
    endpoint: s3,
    bucket,
    ...(prefix === undefined ? {} : { prefix }),
    ...(credentials === undefined ? {} : { credentialsFile: resolve(credentials) }),
  };
  const described =
    network === undefined ? {} : { committee: (readJsonFile(network) as { committee?: unknown }).committee };
  return {
    listen,
    seedFile: resolve(dir, 'seed'),
    ...(s3 === undefined ? { data: resolve(dir, 'data') } : { s3: place }),
    quotaBytes: quota * 2 ** 30,
    ...described,
    tenants: tenant === undefined || tenant.length === 0 ? 'everybody' : tenant,
  };
}

async function runNode(config: string, flags: NodeFlags, say: (line: string) => void): Promise<Report> {
  const child = spawn(process.execPath, [MAIN, config], { stdio: ['ignore', 'pipe', 'inherit'] });
  // The node ends by itself at Ctrl-C, and is waited for; at a SIGTERM it has to be told.
  const pass = (signal: NodeJS.Signals): void => void child.kill(signal);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, pass);
  const gone = once(child, 'exit') as Promise<[number | null]>;
  let told: { readonly node?: string; readonly listening?: string } = {};
  for await (const line of createInterface({ input: child.stdout })) {
    told = JSON.parse(line) as typeof told;
    if (told.listening !== undefined)
      say(`${String(told.node)} listens at ${told.listening}; ${durability(flags)}`);
  }
  const [code] = await gone;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, pass);
  const lines =
    told.node === undefined || told.listening !== undefined
      ? []
      : [
          `${told.node} is this node's key (${flags.dir}/seed).`,
          'Write it into the network\'s description ("committee.members", and "nodes" with name, key and url), and run this again with --network FILE.',
        ];
  return { exit: code === 0 ? 0 : 2, data: told, lines };
}

const durability = ({ s3, bucket, dir }: NodeFlags): string =>
  s3 === undefined
    ? `its receipts say "fdatasync returned" (durability 1), in ${join(dir, 'data')}`
    : `its receipts say "a provider attests it" (durability 2): bucket ${String(bucket)} at ${s3}`;
