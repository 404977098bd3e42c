/** Makes a log of a mirror again: what is missing is only the row that says what was signed, and the notes say it. */
import { hex } from '@assay/core';
import { openCheckpoint } from '../../checkpoint.ts';
import type { Policy } from '../../policy-parse.ts';
import { formatVkey, SIGNATURE_TYPE } from '../../vkey.ts';
import type { CheckpointRow } from '../checkpoint-row.ts';
import type { LogFiles } from '../log-files.ts';
import { CHECKPOINT_PATH } from '../public-files.ts';
import { MirrorError } from './mirror-error.ts';
import { Mirror, NEWEST_PATH } from './mirror.ts';

/** A log that can be opened again. */
export interface Rebuilt {
  readonly origin: string;
  readonly size: number;
  readonly root: Uint8Array;
}

/**
 * Writes the row of the log whose files a mirror holds in `files`, after reading all of them back. The log's own key
 * still has to sign, and its witnesses say at the next start whether they saw more than is held here; then it refuses.
 *
 * @param time Unix seconds
 * @throws MirrorError `empty` | `corrupt` | `occupied`; LogError `missing`
 */
export async function rebuildLog(
  files: LogFiles,
  row: CheckpointRow,
  { policy, time }: { readonly policy: Policy; readonly time: number },
): Promise<Rebuilt> {
  const mirror = await Mirror.open(files, policy);
  const published = await files.read(CHECKPOINT_PATH);
  const newest = (await files.read(NEWEST_PATH)) ?? published;
  if (published === undefined || newest === undefined)
    throw new MirrorError('empty', { what: 'there is no checkpoint here', where: CHECKPOINT_PATH });
  const verifiers = policy.logs.map(({ verifier }) => verifier);
  const { origin, size, root } = openCheckpoint(newest, verifiers).checkpoint;
  // The plain Ed25519 key; the same log may have a second one for ML-DSA-44, which signs as a cosigner.
  const key = verifiers
    .map((each) => each.key)
    .find(({ name, type }) => name === origin && type === SIGNATURE_TYPE.ed25519);
  if (key === undefined || mirror.size !== size)
    throw new MirrorError('corrupt', {
      what: `the policy has no Ed25519 key of ${origin}, or the sizes differ`,
    });
  const first = {
    version: 1,
    origin,
    key: formatVkey(key),
    size,
    root: hex(root),
    time,
    segments: [],
    published: '',
  };
  if (!(await row.swap(undefined, first)))
    throw new MirrorError('occupied', {
      what: 'there is a checkpoint row already: this is a log, not a mirror',
    });
  await row.swap(first, { ...first, version: 2, published: new TextDecoder().decode(published) });
  await files.remove([NEWEST_PATH]);
  return { origin, size, root };
}
