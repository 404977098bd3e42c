/** `assay blob verify`: checks the certificate, and challenges every node to show leaves of what it signed for. */
import { hex } from '@assay/core';
import { openBlob, verifyBlobCertificate } from '@assay/storage';
import { challengeNodes } from '../blob/challenge-nodes.ts';
import { connect } from '../blob/connect.ts';
import { readCustody, sealedCommittee } from '../blob/custody-file.ts';
import { convictionLines, convictionsOf, logAccusations, openCustody } from '../blob/storage-log.ts';
import { BLOB_ARG, STORAGE_FLAG, type StorageFlags } from '../blob/flags.ts';
import { networkCommand } from '../command.ts';
import { asCount } from '../flags.ts';
import type { Exit } from '../report.ts';
import { counted } from '../words.ts';

interface VerifyFlags extends StorageFlags {
  readonly leaves: number;
}

export const blobVerify = networkCommand<VerifyFlags, [blob: Uint8Array]>({
  brief: 'Check a blob: its certificate, and leaves that every node must show; names nodes that cannot',
  examples: ['blob verify 5f0c… --leaves 459'],
  flags: {
    ...STORAGE_FLAG,
    leaves: {
      kind: 'parsed',
      parse: asCount,
      brief: 'Leaves per node: 44 find a loss of a tenth with 99 %, 459 one of a hundredth',
      default: '44',
      placeholder: 'N',
    },
  },
  args: BLOB_ARG,
  async run(session, flags, blobId) {
    await using network = connect(session, flags.storage);
    const id = hex(blobId);
    const kept = readCustody(session.dir, blobId);
    const { signatures } = verifyBlobCertificate(kept.certificate, sealedCommittee(kept, network.committee));
    using blob = await openBlob(blobId, network.options);
    using custody = await openCustody(session, network, { blob: id, id: blobId, manifest: blob.manifest });
    const before = await convictionsOf(session, network, id);
    const { failed, accusations, silent } = await challengeNodes(custody, network, flags.leaves);
    const logged = await logAccusations(session, network, { blob: id, accusations: accusations.values() });
    const health = custody.health();
    const exit: Exit = failed.size > 0 ? 1 : silent.length > 0 ? 2 : 0;
    const data = {
      blob: id,
      signers: signatures.length,
      health,
      failed: Object.fromEntries(failed),
      silent,
      logged,
    };
    return {
      exit,
      data,
      lines: [
        `the certificate stands: ${signatures.length} nodes signed it`,
        ...[...failed].map(
          ([name, shards]) => `${name} cannot show ${counted(shards, 'shard')} that it signed for`,
        ),
        ...logged.map((record) => `logged as ${record}: anybody can check it`),
        ...convictionLines(before, network),
        ...silent.map((name) => `${name} does not answer: nothing can be said of it`),
        `every pack has at least ${health.least} of ${health.of} shards${exit === 1 ? '; "assay blob repair" makes them whole' : ''}`,
      ],
    };
  },
});
