/** `assay blob delete`: has every node let go of a blob that its tenant stored, but for what other blobs need. */
import { hex } from '@assay/core';
import { NodeError } from '@assay/storage';
import { connect } from '../blob/connect.ts';
import { BLOB_ARG, STORAGE_FLAG, type StorageFlags } from '../blob/flags.ts';
import { networkCommand } from '../command.ts';
import type { Exit } from '../report.ts';

export const blobDelete = networkCommand<StorageFlags, [blob: Uint8Array]>({
  brief: 'Have the nodes delete a blob that you stored; what other blobs need of it stays',
  examples: ['blob delete 5f0c…'],
  flags: STORAGE_FLAG,
  args: BLOB_ARG,
  async run(session, flags, blobId) {
    await using network = connect(session, flags.storage);
    const nodes = await Promise.all(
      network.nodes.map(async (node) => {
        const name = network.nameOf(node.id);
        try {
          return { name, ...(await node.deleteBlob(blobId)) };
        } catch (error) {
          if (!(error instanceof NodeError)) throw error;
          return { name, refused: error.what };
        }
      }),
    );
    // A node that does not do it may still hold it: nobody may take the blob for gone.
    const exit: Exit = nodes.some((node) => 'refused' in node) ? 2 : 0;
    return {
      exit,
      data: { blob: hex(blobId), nodes },
      lines: nodes.map((node) =>
        'refused' in node
          ? `${node.name}: not deleted: ${node.refused}`
          : `${node.name}: ${node.deleted} shards deleted, ${node.kept} kept for other blobs`,
      ),
    };
  },
});
