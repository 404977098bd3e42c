/** `assay publish`: makes a version of a model known, with the content that nodes need to serve it. */
import { type Manifest, manifestBytes, manifestDigest, manifestSchema, type Predicate } from '@assay/core';
import { CliError } from '../cli-error.ts';
import { networkCommand } from '../command.ts';
import { digestOf, keepBlob, readFileBytes } from '../content/blob-folder.ts';
import { asText, WAIT_FLAG, type WaitFlags } from '../flags.ts';
import { readJsonFile } from '../content/json-file.ts';
import { clean } from '../report.ts';
import type { Session } from '../session.ts';
import type { Signatory } from '../signatory.ts';

interface PublishFlags extends WaitFlags {
  readonly manifest: string;
  readonly blob: readonly string[];
  readonly label: string;
  readonly licence: string;
  readonly standard?: string;
}

export const publish = networkCommand<PublishFlags, [model: string]>({
  brief: 'Publish a version of a model, making the model when it is new',
  examples: ['publish sp500-vol --manifest v2.manifest.json --blob v2.onnx --label v2'],
  flags: {
    ...WAIT_FLAG,
    manifest: { kind: 'parsed', parse: asText, brief: 'Manifest, as JSON', placeholder: 'FILE' },
    blob: {
      kind: 'parsed',
      parse: asText,
      brief: 'A file that the manifest names by digest',
      variadic: true,
      placeholder: 'FILE',
    },
    label: { kind: 'parsed', parse: asText, brief: 'Name of the version for people', placeholder: 'LABEL' },
    licence: {
      kind: 'parsed',
      parse: asText,
      brief: 'SPDX licence id',
      default: 'Apache-2.0',
      placeholder: 'ID',
    },
    standard: {
      kind: 'parsed',
      parse: asText,
      brief: 'Share of right answers that the owner holds it to',
      optional: true,
      placeholder: 'P',
    },
  },
  args: {
    kind: 'tuple',
    parameters: [{ brief: 'Model, by short or full name', parse: asText, placeholder: 'MODEL' }],
  },
  async run(session, flags, name) {
    const manifest = readManifest(flags.manifest);
    const blobs = flags.blob.map((path) => ({ path, bytes: readFileBytes(path) }));
    checkComplete(manifest, blobs);
    const as = session.signatory('owner');
    const model = name.includes('/') ? name : `${as.identity.keyId}/${name}`;
    await createModel(session, model, as);
    // Content first: a version that is announced must be there to be loaded.
    for (const { bytes } of blobs) keepBlob(session.blobs, bytes);
    keepBlob(session.blobs, manifestBytes(manifest));
    const predicate = predicateOf({ model, manifest, flags });
    const { id, index, duplicate } = await session.publish('version.publish', predicate, {
      as,
      wait: flags.wait,
    });
    const { version, label } = predicate;
    return clean({ id, index, model, version, label, duplicate: duplicate === true }, [
      `${name}@${label} is version ${version}`,
      `published as ${id} at index ${index}${duplicate === true ? ', as it was before' : ''}`,
    ]);
  },
});

function readManifest(path: string): Manifest {
  const result = manifestSchema.safeParse(readJsonFile(path));
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new CliError('unreadable-file', {
    what: issue?.message ?? 'not a manifest',
    where: `${path}: ${issue?.path.join('.') ?? ''}`,
  });
}

/** Every blob that the manifest names must be given, and none that it does not name. */
function checkComplete(manifest: Manifest, given: readonly { path: string; bytes: Uint8Array }[]): void {
  const preprocessing = manifest.preprocessing.where === 'blob' ? [manifest.preprocessing.blob] : [];
  const single = [manifest.graph, manifest.tokenizer, manifest.promptTemplate].filter(
    (blob) => blob !== null,
  );
  const named = [...single, ...manifest.externalData, ...manifest.adapters, ...preprocessing];
  const digests = new Map(given.map(({ path, bytes }) => [digestOf(bytes), path]));
  const missing = named.find(({ id }) => !digests.has(id));
  if (missing !== undefined) {
    throw new CliError('mismatch', {
      what: `the manifest names ${missing.id}, and no file given has that digest`,
      where: given.map(({ path }) => path).join(', '),
      fix: 'Give each file that the manifest names with --blob, unchanged.',
    });
  }
  const stray = [...digests].find(([digest]) => named.every(({ id }) => id !== digest));
  if (stray === undefined) return;
  throw new CliError('mismatch', { what: `the manifest does not name ${stray[0]}`, where: stray[1] });
}

async function createModel(session: Session, model: string, as: Signatory): Promise<void> {
  const { registry } = await session.timeline();
  if (registry.models.get(model) !== undefined) return;
  await session.publish('model.create', { model }, { as, wait: 'sequenced' });
}

function predicateOf(of: {
  readonly model: string;
  readonly manifest: Manifest;
  readonly flags: PublishFlags;
}): Predicate<'version.publish'> {
  const { label, licence, standard } = of.flags;
  const specs = (tensors: Manifest['inputs']): Predicate<'version.publish'>['inputs'] =>
    tensors.map(({ name, datatype, shape }) => ({ name, datatype, shape }));
  return {
    model: of.model,
    version: manifestDigest(of.manifest),
    label,
    blob: of.manifest.graph,
    inputs: specs(of.manifest.inputs),
    outputs: specs(of.manifest.outputs),
    licence,
    ...(standard === undefined ? {} : { standard }),
  };
}
