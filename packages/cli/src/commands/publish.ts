/** `assay publish`: makes a version of a model known, with the content that nodes need to serve it. */
import { fromHex, hex, type Manifest, manifestDigest, manifestSchema, type Predicate } from '@assay/core';
import { namedContent, type StorageConnection, versionFiles } from '@assay/services';
import { openBlob, TransferError, type UploadOptions } from '@assay/storage';
import { connect } from '../blob/connect.ts';
import { type ContentFiles, openContents } from '../blob/content-files.ts';
import { STORAGE_FLAG, type StorageFlags } from '../blob/flags.ts';
import { store } from '../blob/store.ts';
import { inEpochOf, journalPath, uploadCommittee } from '../blob/upload-files.ts';
import { uploadSink, whenSlow } from '../blob/upload-sink.ts';
import { CliError } from '../cli-error.ts';
import { type CommonFlags, networkCommand } from '../command.ts';
import { readJsonFile } from '../content/json-file.ts';
import { asText, WAIT_FLAG, type WaitFlags } from '../flags.ts';
import { clean } from '../report.ts';
import type { Session } from '../session.ts';
import type { Signatory } from '../signatory.ts';

interface PublishFlags extends StorageFlags, WaitFlags {
  readonly manifest: string;
  readonly blob: readonly string[];
  readonly label: string;
  readonly licence: string;
  readonly standard?: string;
  readonly parent?: string;
}

export const publish = networkCommand<PublishFlags, [model: string]>({
  brief: 'Publish a version of a model, making the model when it is new',
  examples: ['publish sp500-vol --manifest v2.manifest.json --blob v2.onnx --label v2'],
  flags: {
    ...STORAGE_FLAG,
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
    parent: {
      kind: 'parsed',
      parse: asText,
      brief: 'Version whose stored content is not sent again, or none; the newest when absent',
      optional: true,
      placeholder: 'LABEL',
    },
  },
  args: {
    kind: 'tuple',
    parameters: [{ brief: 'Model, by short or full name', parse: asText, placeholder: 'MODEL' }],
  },
  async run(session, flags, name) {
    const manifest = readManifest(flags.manifest);
    await using contents = await openContents(flags.blob);
    checkComplete(manifest, contents);
    const as = session.signatory('owner');
    const model = name.includes('/') ? name : `${as.identity.keyId}/${name}`;
    await createModel(session, model, as);
    // Content first: a version that is announced must be there to be loaded.
    const blob = await contentOf({ session, flags, model, manifest, contents });
    const predicate = predicateOf({ model, manifest, flags, blob });
    const { id, index, duplicate } = await session.publish('version.publish', predicate, {
      as,
      wait: flags.wait,
    });
    const { version, label } = predicate;
    return clean({ id, index, model, version, label, blob: blob.id, duplicate: duplicate === true }, [
      `${name}@${label} is version ${version}`,
      blob.certified === undefined
        ? `its content is blob ${blob.id}, as it was before`
        : `its content is blob ${blob.id}, certified by ${blob.certified.join(', ')}`,
      `published as ${id} at index ${index}${duplicate === true ? ', as it was before' : ''}`,
    ]);
  },
});

interface Publishing {
  readonly session: Session;
  readonly flags: PublishFlags & CommonFlags;
  readonly model: string;
  readonly manifest: Manifest;
  readonly contents: ContentFiles;
}

/** A version's blob; `certified` names the nodes that signed for it just now. */
interface VersionBlob {
  readonly id: string;
  readonly size: string;
  readonly certified?: readonly string[];
}

/** The blob that the log has for this version, or a new one. @throws TransferError, NodeError, CliError */
async function contentOf(publishing: Publishing): Promise<VersionBlob> {
  const { session, flags, manifest, contents } = publishing;
  const { registry } = await session.timeline();
  const version = manifestDigest(manifest);
  const known = registry.models.version(version);
  if (known !== undefined) return known.blob;
  await using network = connect(session, flags.storage);
  const parent = await parentOf(publishing, network);
  const from = parent === undefined ? 'none' : hex(parent.blobId);
  const named = [version, from];
  const committee = uploadCommittee(session.dir, named, network.committee);
  const sink = uploadSink(session, network, flags);
  const { blobId, certificate } = await store(versionFiles(manifest, contents.byDigest), {
    session,
    network: inEpochOf(committee, network),
    journal: journalPath(session.dir, named, committee),
    onEvent: whenSlow(sink, () => session.context.clock.now()),
    wait: flags.wait,
    ...(parent === undefined ? {} : { parent }),
  });
  const certified = certificate.signatures.map(({ node }) => network.nameOf(node));
  return { id: hex(blobId), size: String(certificate.totalBytes), certified };
}

/** @throws CliError `unknown-name` for a label that does not exist; TransferError when its manifest cannot be read */
async function parentOf(
  { session, flags, model }: Publishing,
  network: StorageConnection,
): Promise<UploadOptions['parent']> {
  if (flags.parent === 'none') return undefined;
  const { models } = (await session.timeline()).registry;
  const version =
    flags.parent === undefined ? models.versionsOf(model).at(-1) : models.find(model, flags.parent);
  if (version === undefined) {
    if (flags.parent === undefined) return undefined;
    throw new CliError('unknown-name', { what: `there is no version "${flags.parent}" of ${model}` });
  }
  const blobId = fromHex(version.blob.id);
  try {
    using blob = await openBlob(blobId, network.options);
    return { blobId, manifest: blob.manifest };
  } catch (cause) {
    if (!(cause instanceof TransferError)) throw cause;
    throw new TransferError(cause.code, {
      what: `the content of ${version.label} cannot be built on: ${cause.what}`,
      fix: 'Name another version with --parent, or none.',
      cause,
    });
  }
}

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
function checkComplete(manifest: Manifest, { byDigest, pathOf }: ContentFiles): void {
  const named = new Set(namedContent(manifest).map(({ digest }) => digest));
  const missing = [...named].find((digest) => !byDigest.has(digest));
  if (missing !== undefined) {
    throw new CliError('mismatch', {
      what: `the manifest names ${missing}, and no file given has that digest`,
      where: [...byDigest.keys()].map(pathOf).join(', '),
      fix: 'Give each file that the manifest names with --blob, unchanged.',
    });
  }
  const stray = [...byDigest.keys()].find((digest) => !named.has(digest));
  if (stray === undefined) return;
  throw new CliError('mismatch', { what: `the manifest does not name ${stray}`, where: pathOf(stray) });
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
  readonly blob: VersionBlob;
}): Predicate<'version.publish'> {
  const { label, licence, standard } = of.flags;
  const specs = (tensors: Manifest['inputs']): Predicate<'version.publish'>['inputs'] =>
    tensors.map(({ name, datatype, shape }) => ({ name, datatype, shape }));
  return {
    model: of.model,
    version: manifestDigest(of.manifest),
    label,
    blob: { id: of.blob.id, size: of.blob.size },
    inputs: specs(of.manifest.inputs),
    outputs: specs(of.manifest.outputs),
    licence,
    ...(standard === undefined ? {} : { standard }),
  };
}
