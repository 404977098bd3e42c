/** How a version lies in its blob (specs/manifest.md): the manifest under its name, other content under its digest. */
import type { Manifest } from '@assay/core';
import type { Manifest as BlobManifest } from '@assay/storage';

/** The version's manifest, byte for byte what its digest is over. */
export const MANIFEST_FILE = 'manifest.json';

/** Content that a manifest names, and the ending by which storage knows where to cut it. */
export interface NamedContent {
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
  readonly ending: '' | '.onnx';
}

/** Everything that `manifest` names by digest, each once. */
export function namedContent(manifest: Manifest): NamedContent[] {
  const { graph, tokenizer, promptTemplate, externalData, adapters, preprocessing } = manifest;
  const program = preprocessing.where === 'blob' ? [preprocessing.blob] : [];
  const rest = [tokenizer, promptTemplate, ...externalData, ...adapters, ...program];
  const found = new Map<string, NamedContent>();
  for (const blob of rest) {
    if (blob !== null) found.set(blob.id, { digest: blob.id, size: Number(blob.size), ending: '' });
  }
  found.set(graph.id, { digest: graph.id, size: Number(graph.size), ending: '.onnx' });
  return [...found.values()];
}

/** The name of content in its blob. */
export const contentFile = ({ digest, ending }: NamedContent): string =>
  `${digest.slice('sha256:'.length)}${ending}`;

/** The file of a blob that holds the content with this digest. */
export function findContent({ files }: BlobManifest, digest: string): string | undefined {
  const name = digest.slice('sha256:'.length);
  return files.find(({ path }) => path === name || path.startsWith(`${name}.`))?.path;
}
