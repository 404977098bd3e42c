/** Writes an exported scope, and beside it the bundle that ties it to the log. */
import { createHash, type Hash } from 'node:crypto';
import { closeSync, openSync, writeSync } from 'node:fs';
import { basename } from 'node:path';
import { fromUtf8 } from '@assay/core';
import {
  type AsOf,
  gaps,
  reachCsv,
  reachOpenLineage,
  reachProv,
  scopeRoot,
  type WitnessedTime,
} from '@assay/views';
import { provedEntry } from '../content/log-entries.ts';
import { writeFile, writing } from '../content/write-file.ts';
import type { Attested } from '../incident/attestations.ts';
import { momentsOf } from '../incident/words.ts';
import type { Session } from '../session.ts';
import type { BundledEntry, BundleFile } from './bundle-file.ts';

/** Formats of an export. */
export const FORMATS = ['csv', 'prov', 'openlineage'] as const;
export type Format = (typeof FORMATS)[number];

/** Namespace of names in exports; it identifies, nothing is fetched from it. */
const NAMESPACE = 'https://assay.network/';

/** File name endings. */
export const EXTENSIONS: Readonly<Record<Format, string>> = {
  csv: 'csv',
  prov: 'prov.json',
  openlineage: 'openlineage.jsonl',
};

/** What is known at a size, and when witnesses saw it. */
export interface Known {
  readonly prefix: AsOf;
  readonly time: WitnessedTime;
}

/** Pieces of text of an export, never held together. */
export function exportScope({ prefix, time }: Known, incident: string, format: Format): Iterable<string> {
  const moment = momentsOf(time);
  switch (format) {
    case 'csv':
      return reachCsv(prefix, incident, (tick) => (tick === 0 ? '' : moment(tick)));
    case 'prov':
      return reachProv(prefix, incident, { namespace: NAMESPACE, time: moment });
    case 'openlineage':
      return reachOpenLineage(prefix, incident, {
        namespace: NAMESPACE,
        producer: NAMESPACE,
        time: moment,
      });
  }
}

/** Writes pieces to `path` as they come. Returns the file's hex SHA-256 and its size in bytes. */
export function writePieces(path: string, pieces: Iterable<string>): { sha256: string; bytes: number } {
  const hash: Hash = createHash('sha256');
  const file = writing(path, () => openSync(path, 'w'));
  let [held, bytes] = ['', 0];
  const flush = (): void => {
    const chunk = Buffer.from(held, 'utf8');
    hash.update(chunk);
    writeSync(file, chunk);
    bytes += chunk.length;
    held = '';
  };
  try {
    for (const piece of pieces) {
      held += piece;
      if (held.length > 1 << 20) flush();
    }
    flush();
  } finally {
    closeSync(file);
  }
  return { sha256: hash.digest('hex'), bytes };
}

/** Writes `<path>` and `<path>.bundle.json`. Attestations must be witnessed by now, or soon. */
export async function writeBundle(
  session: Session,
  known: Known,
  of: {
    readonly incident: string;
    readonly format: Format;
    readonly path: string;
    readonly attested: readonly Attested[];
  },
): Promise<BundleFile & { readonly bytes: number }> {
  const { incident, format, path, attested } = of;
  const { sha256, bytes } = writePieces(path, exportScope(known, incident, format));
  const { prefix } = known;
  const attestations: BundledEntry[] = [];
  for (const { index } of attested) {
    const { entry, proof } = await provedEntry(session, index);
    attestations.push({ entry: fromUtf8(entry), proof: fromUtf8(proof) });
  }
  const bundle: BundleFile = {
    schema: 'assay.bundle/v1',
    incident,
    knownAt: prefix.known,
    scopeRoot: scopeRoot(prefix, incident),
    gaps: gaps(prefix, incident),
    file: { name: basename(path), format, sha256 },
    attestations,
  };
  writeFile(`${path}.bundle.json`, `${JSON.stringify(bundle, null, 2)}\n`);
  return { ...bundle, bytes };
}
