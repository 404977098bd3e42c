/** `assay blob delete`: has every node let go of a blob that its tenant stored, but for what other blobs need. */
import { hex } from '@assay/core';
import type { StorageConnection } from '@assay/services';
import { NodeError } from '@assay/storage';
import { connect } from '../blob/connect.ts';
import { BLOB_ARG, STORAGE_FLAG, type StorageFlags } from '../blob/flags.ts';
import { networkCommand } from '../command.ts';
import type { Exit } from '../report.ts';
import type { Session } from '../session.ts';
import { counted } from '../words.ts';

/** What one node did. */
type Outcome =
  | { readonly name: string; readonly deleted: number; readonly kept: number }
  | { readonly name: string; readonly refused: string };

export const blobDelete = networkCommand<StorageFlags, [blob: Uint8Array]>({
  brief: 'Have the nodes delete a blob that you stored; what other blobs need of it stays',
  examples: ['blob delete 5f0c…'],
  flags: STORAGE_FLAG,
  args: BLOB_ARG,
  async run(session, flags, blobId) {
    await using network = connect(session, flags.storage);
    const nodes = await Promise.all(network.nodes.map((node) => outcomeOf(node, blobId, network)));
    const blob = hex(blobId);
    const named = await versionsNaming(session, blob);
    const gone = nodes.some((node) => 'deleted' in node);
    // A node that does not do it may still hold it: nobody may take the blob for gone.
    const exit: Exit = nodes.some((node) => 'refused' in node) ? 2 : 0;
    return {
      exit,
      data: { blob, nodes, versions: named },
      lines: [
        ...linesOf(nodes),
        ...(gone
          ? ['no statement says so: its certificate stays in the log, and stays true of when it was signed']
          : []),
        ...(gone && named.length > 0
          ? [`published as ${named.join(', ')}: a node that has not loaded it cannot serve it any more`]
          : []),
      ],
    };
  },
});

async function outcomeOf(
  node: StorageConnection['nodes'][number],
  blobId: Uint8Array,
  { nameOf }: StorageConnection,
): Promise<Outcome> {
  const name = nameOf(node.id);
  try {
    return { name, ...(await node.deleteBlob(blobId)) };
  } catch (error) {
    if (!(error instanceof NodeError)) throw error;
    return { name, refused: error.what };
  }
}

/** Nodes that refuse for one reason are one line. */
function linesOf(nodes: readonly Outcome[]): string[] {
  const refusals = Map.groupBy(
    nodes.flatMap((node) => ('refused' in node ? [node] : [])),
    ({ refused }) => refused,
  );
  return [
    ...nodes.flatMap((node) =>
      'refused' in node
        ? []
        : [`${node.name}: ${counted(node.deleted, 'shard')} deleted, ${node.kept} kept for other blobs`],
    ),
    ...[...refusals].map(([why, by]) => `${by.map(({ name }) => name).join(', ')}: not deleted: ${why}`),
  ];
}

/** Labels of published versions whose content this is; none where there is no log. */
async function versionsNaming(session: Session, blob: string): Promise<string[]> {
  if (!session.hasLog) return [];
  const { registry } = await session.timeline();
  return [...registry.models.versions]
    .filter((version) => version.blob.id === blob)
    .map(({ model, label }) => `${registry.models.get(model)?.shortName ?? model} ${label}`);
}
