/** `assay blob put`: stores files on a quorum of nodes, shows what is safe, and logs the certificate. */
import { hex } from '@assay/core';
import { encryptFiles } from '@assay/storage/node';
import { connect } from '../blob/connect.ts';
import { STORAGE_FLAG, type StorageFlags } from '../blob/flags.ts';
import { store } from '../blob/store.ts';
import { makeTenantKey } from '../blob/tenant-key.ts';
import { inEpochOf, journalPath, openFiles, uploadCommittee } from '../blob/upload-files.ts';
import { uploadSink } from '../blob/upload-sink.ts';
import { networkCommand } from '../command.ts';
import { asText, WAIT_FLAG, type WaitFlags } from '../flags.ts';
import { clean } from '../report.ts';

interface PutFlags extends StorageFlags, WaitFlags {
  readonly private: boolean;
  readonly events?: string;
}

export const blobPut = networkCommand<PutFlags, string[]>({
  brief: 'Store files on a quorum of storage nodes; run again after a crash, it goes on where it was',
  examples: [
    'blob put model.safetensors',
    'blob put weights.bin --private',
    'blob put weights.bin --storage storage.json --events bar.jsonl',
  ],
  flags: {
    ...STORAGE_FLAG,
    ...WAIT_FLAG,
    private: {
      kind: 'boolean',
      brief:
        'Encrypt names and content here, under a key of your own; nodes and readers without it see lengths alone',
      default: false,
      withNegated: false,
    },
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
    await using opened = await openFiles(paths);
    const held = flags.private ? makeTenantKey(session) : undefined;
    const files = held === undefined ? opened.files : await encryptFiles(opened.files, held.key);
    const named = flags.private ? ['private', ...paths] : paths;
    const committee = uploadCommittee(session.dir, named, network.committee);
    const { blobId, certificate, hedgedBytes, custody, logged } = await store(files, {
      session,
      network: inEpochOf(committee, network),
      journal: journalPath(session.dir, named, committee),
      onEvent: uploadSink(session, network, flags),
      wait: flags.wait,
    });
    const blob = hex(blobId);
    const signers = certificate.signatures.map(({ node }) => network.nameOf(node));
    const data = { blob, totalBytes: certificate.totalBytes, signers, hedgedBytes, custody };
    return clean({ ...data, leaseEnd: certificate.leaseEnd, ...(logged === undefined ? {} : { logged }) }, [
      `blob ${blob}`,
      `certified by ${signers.length} of ${network.committee.members.length} nodes: ${signers.join(', ')}`,
      logged === undefined
        ? 'not logged: this storage network has no log here'
        : `certificate ${logged.id} at index ${logged.index} of the log`,
      ...(held === undefined
        ? []
        : [`private: ${held.path} opens it, and nothing else does; keep a copy of that file`]),
    ]);
  },
});
