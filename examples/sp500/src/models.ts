/** The committed models: read by whoever publishes or serves them; nothing here trains. */
import { readFileSync } from 'node:fs';
import { type Manifest, manifestDigest, parseManifest } from '@assay/core';
import type { Evaluation } from './evaluation.ts';
import type { Label } from './versions.ts';

/** Where the models lie. */
export const MODELS = new URL('../models/', import.meta.url);

/** A version ready to be published. */
export interface CommittedVersion {
  readonly label: Label;
  /** Digest of the manifest: what the version *is*. */
  readonly version: string;
  readonly manifest: Manifest;
  /** The exact graph that the manifest names. */
  readonly graph: Uint8Array;
}

/** Reads a committed version. @throws ManifestError when its manifest was tampered with */
export function loadVersion(label: Label): CommittedVersion {
  const manifest = parseManifest(new Uint8Array(readFileSync(new URL(`${label}/manifest.json`, MODELS))));
  const graph = new Uint8Array(readFileSync(new URL(`${label}/model.onnx`, MODELS)));
  return { label, version: manifestDigest(manifest), manifest, graph };
}

/** The committed comparison of the versions on held-out days. */
export function loadEvaluation(): Evaluation {
  return JSON.parse(readFileSync(new URL('evaluation.json', MODELS), 'utf8')) as Evaluation;
}
