/** `assay blob put`: stores files on a quorum of nodes, shows what is safe, and logs the certificate. */
import { appendFileSync, rmSync } from 'node:fs';
import { hex } from '@assay/core';
import { upload, type UploadEvent, type UploadResult } from '@assay/storage';
import { openFileJournal } from '@assay/storage/node';
import { certificatePredicate } from '../blob/certificate-statement.ts';
import { connect, type Connection, SHARD_BYTES, WINDOW } from '../blob/connect.ts';
import { keepCustody } from '../blob/custody-file.ts';
import { STORAGE_FLAG, type StorageFlags } from '../blob/flags.ts';
import { eventData } from '../blob/upload-events.ts';
import { journalPath, openFiles } from '../blob/upload-files.ts';
import { UploadScreen } from '../blob/upload-screen.ts';
import { wantsColor } from '../cli-context.ts';
import { networkCommand } from '../command.ts';
import { asText, WAIT_FLAG, type WaitFlags } from '../flags.ts';
import { clean } from '../report.ts';
import type { Logged, Session } from '../session.ts';

interface PutFlags extends StorageFlags, WaitFlags {
  readonly events?: string;
}

export const blobPut = networkCommand<PutFlags, string[]>({
  brief: 'Store files on a quorum of storage nodes; run again after a crash, it goes on where it was',
  examples: ['blob put model.safetensors', 'blob put weights.bin --storage storage.json --events bar.jsonl'],
  flags: {
    ...STORAGE_FLAG,
    ...WAIT_FLAG,
    events: {
      kind: 'parsed',
      parse: asText,
      brief: 'Also write each event to this file, one line of JSON each (with --json: to standard error)',
      optional: true,
      placeholder: 'FILE',
    },
  },
  args: {
    kind: 'array',
    minimum: 1,
    parameter: { brief: 'Files', parse: asText, placeholder: 'FILE' },
  },
  async run(session, flags, ...paths) {
    await using network = connect(session, flags.storage);
    const result = await store(paths, { session, network, onEvent: sinkOf(session, network, flags) });
    const { blobId, certificate, packCertificates, hedgedBytes } = result;
    const kept = keepCustody(session.dir, {
      certificate,
      sealed: packCertificates,
      current: packCertificates,
    });
    const logged = await logCertificate(session, result, { network, wait: flags.wait });
    const blob = hex(blobId);
    const signers = certificate.signatures.map(({ node }) => network.nameOf(node));
    const data = { blob, totalBytes: certificate.totalBytes, signers, hedgedBytes, custody: kept };
    return clean({ ...data, leaseEnd: certificate.leaseEnd, ...(logged === undefined ? {} : { logged }) }, [
      `blob ${blob}`,
      `certified by ${signers.length} of ${network.committee.members.length} nodes: ${signers.join(', ')}`,
      logged === undefined
        ? 'not logged: this storage network has no log here'
        : `certificate ${logged.id} at index ${logged.index} of the log`,
    ]);
  },
});

type OnEvent = (event: UploadEvent) => void;

async function store(
  paths: readonly string[],
  { session, network, onEvent }: { session: Session; network: Connection; onEvent: OnEvent },
): Promise<UploadResult> {
  const path = journalPath(session.dir, paths, network.committee);
  await using opened = await openFiles(paths);
  await using journal = await openFileJournal(path);
  const { onEvent: _, ...shared } = network.options;
  const result = await upload(opened.files, {
    ...shared,
    journal,
    shardBytes: SHARD_BYTES,
    window: WINDOW,
    onEvent,
  });
  rmSync(path);
  return result;
}

/** Under `--json` events go to standard error, so that standard output stays one document. */
function sinkOf(session: Session, network: Connection, flags: PutFlags & { json: boolean }): OnEvent {
  const { process, clock } = session.context;
  const { nameOf, options } = network;
  const names = new Map(options.nodes.map(({ id }) => [hex(id), nameOf(id)]));
  const screen = new UploadScreen({
    write: (text) => process.stdout.write(text),
    isTerminal: process.isTTY,
    color: wantsColor(session.context),
    now: () => clock.now(),
    names,
    nameOf,
  });
  return (event) => {
    const line = `${JSON.stringify(eventData(event, nameOf, names))}\n`;
    if (flags.events !== undefined) appendFileSync(flags.events, line);
    if (flags.json) process.stderr.write(line);
    else screen.see(event);
  };
}

async function logCertificate(
  session: Session,
  { certificate }: UploadResult,
  { network, wait }: { network: Connection } & WaitFlags,
): Promise<Logged | undefined> {
  if (!session.hasLog) return undefined;
  const predicate = certificatePredicate(certificate, network.committee);
  return session.publish('blob.certificate', predicate, { as: session.signatory('owner'), wait });
}
