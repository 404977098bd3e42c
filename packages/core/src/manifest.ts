/** A version's manifest: everything that changes its answers. The version *is* the digest of this. */
import { z } from 'zod';
import { fromUtf8, hex, utf8 } from './bytes.ts';
import { AssayError } from './errors.ts';
import { canonicalJson, parseJson } from './json.ts';
import { decimal, digest, shape, uint64 } from './statements/scalars.ts';
import { DATATYPES } from './tensor/datatype.ts';
import { sha256 } from '#platform';

/** A manifest that is not JSON (`json`), not canonical (`canonical`), or breaks the schema (`schema`). */
export class ManifestError extends AssayError<'json' | 'canonical' | 'schema'> {}

const text = z.string().min(1).max(512);

/** Content by its digest; `size` in bytes. */
const blob = z.strictObject({ id: digest, size: uint64 });

/** One input or output. −1 in a shape is a size the caller chooses; `about` says the unit to a person. */
const tensorSchema = z.strictObject({
  name: z.string().regex(/^[\w./:-]{1,128}$/, { error: 'expected a tensor name' }),
  datatype: z.enum(DATATYPES),
  shape,
  about: text.optional(),
});

const uniqueNames = (tensors: readonly { readonly name: string }[]): boolean =>
  new Set(tensors.map((tensor) => tensor.name)).size === tensors.length;

const tensors = z
  .array(tensorSchema)
  .min(1)
  .max(32)
  .refine(uniqueNames, { error: 'expected names that differ' });

/**
 * Where raw input becomes what the weights expect. `graph`: in the graph itself, so the graph's digest covers it.
 * `blob`: a program of its own, by digest. `caller`: the caller prepares the input, as `about` on it says.
 */
const preprocessing = z.discriminatedUnion('where', [
  z.strictObject({ where: z.literal('graph') }),
  z.strictObject({ where: z.literal('blob'), blob }),
  z.strictObject({ where: z.literal('caller') }),
]);

/** The execution that judges all others (PROTOCOL 5.7): the same bits on every machine. */
const referee = z.strictObject({
  name: z.literal('onnxruntime-web'),
  version: z.string().regex(/^[\w.+-]{1,64}$/, { error: 'expected a version' }),
  /** Digest of the WebAssembly module that runs. */
  module: digest,
  threads: z.literal(1),
  optimisation: z.literal('disabled'),
  relaxedSimd: z.literal(false),
});

/**
 * How far an honest operator's answer may lie from the referee's. `maxAbsOverRms`: largest absolute difference over
 * the root mean square of the referee's answer. A version whose τ was never calibrated says why, and cannot be sold
 * as `audited`.
 */
const tolerance = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('exact') }),
  z.strictObject({
    kind: z.literal('maxAbsOverRms'),
    tau: decimal,
    inputs: uint64,
    engines: z.int().min(2).max(64),
  }),
  z.strictObject({ kind: z.literal('uncalibrated'), reason: text }),
]);

/** The manifest's schema, version 1. Unknown members are refused: they would change the version and not the answer. */
export const manifestSchema = z.strictObject({
  schema: z.literal('assay.manifest/v1'),
  format: z.literal('onnx'),
  graph: blob,
  /** Weights kept beside the graph, and adapters laid over it; empty when the graph holds everything. */
  externalData: z.array(blob).max(256),
  adapters: z.array(blob).max(64),
  /** For language models; null where the model reads no text. */
  tokenizer: blob.nullable(),
  promptTemplate: blob.nullable(),
  inputs: tensors,
  outputs: tensors,
  preprocessing,
  /** Effective value of each decoding parameter that a request does not set. */
  decoding: z.record(z.string().regex(/^[\w.-]{1,64}$/), z.string().max(256)),
  numeric: z.strictObject({
    mode: z.enum(['fp64', 'fp32', 'fp16', 'int8', 'mixed']),
    /** What happens to NaN and infinities in floating-point inputs. */
    nonFinite: z.enum(['reject', 'allow']),
  }),
  referee,
  tolerance,
});

/** A version's manifest. */
export type Manifest = z.infer<typeof manifestSchema>;
/** One input or output of a manifest. */
export type TensorSchema = Manifest['inputs'][number];

/**
 * Exact bytes of `manifest`: its canonical JSON.
 *
 * @throws ManifestError `schema`
 */
export function manifestBytes(manifest: Manifest): Uint8Array {
  return utf8(canonicalJson(checkManifest(manifest)));
}

/**
 * The version's digest, `sha256:` and 64 hexadecimal digits.
 *
 * @throws ManifestError `schema`
 */
export function manifestDigest(manifest: Manifest): string {
  return `sha256:${hex(sha256(manifestBytes(manifest)))}`;
}

/**
 * Reads a manifest from the bytes whose digest is the version.
 *
 * @throws ManifestError `json` | `schema`, and `canonical` when the bytes are another spelling of it, whose digest would
 *   name the same model twice
 */
export function parseManifest(bytes: Uint8Array): Manifest {
  const manifest = checkManifest(readJson(bytes));
  if (canonicalJson(manifest) !== fromUtf8(bytes)) {
    throw new ManifestError('canonical', {
      what: 'the manifest is not in canonical JSON (RFC 8785)',
      fix: 'Write it with manifestBytes(), without white space or a final newline.',
    });
  }
  return manifest;
}

function readJson(bytes: Uint8Array): unknown {
  try {
    return parseJson(bytes);
  } catch (cause) {
    throw new ManifestError('json', { what: (cause as Error).message, where: 'manifest', cause });
  }
}

function checkManifest(value: unknown): Manifest {
  const result = manifestSchema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new ManifestError('schema', {
    what: issue?.message ?? 'the manifest breaks its schema',
    where: `manifest.${issue?.path.join('.') ?? ''}`,
  });
}
