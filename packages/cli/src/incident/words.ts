/** Ticks, gaps and versions of the lineage view in words for people. */
import type { Registry, Served, WitnessedTime } from '@assay/views';
import { momentOf } from '../line/clock-text.ts';
import { nameOfVersion } from '../names/models.ts';
import { nameOfParticipant } from '../names/participants.ts';

/** Tells ticks of the lineage axis to the second. */
export const momentsOf =
  (time: WitnessedTime) =>
  (tick: number): string =>
    momentOf(time.secondsAt(tick));

/** Between which moments, as witnesses saw it: never one moment, unless both are the same second. */
export function bracketText(
  { lo, hi }: { readonly lo: number; readonly hi: number },
  time: WitnessedTime,
): string {
  const [from, to] = [lo, hi].map(momentsOf(time));
  if (lo === 0) return `before ${to}`;
  return from === to ? `at ${to}` : `between ${from} and ${to}`;
}

/** `node-c has not drained v2`, of a gap `<node key>:<version digest>`. */
export function gapText(registry: Registry, gap: string): string {
  const { node, version } = versionOfGap(registry, gap);
  return node === undefined || version === undefined
    ? `not drained: ${gap}`
    : `${node} has not drained ${version}`;
}

/** The names in a gap; nothing where it names none. */
export function versionOfGap(
  registry: Registry,
  gap: string,
): { readonly node?: string; readonly version?: string } {
  const [, node, version] = /^(ed25519:[0-9a-f]{64}):(sha256:[0-9a-f]{64})$/.exec(gap) ?? [];
  if (node === undefined || version === undefined) return {};
  return { node: nameOfParticipant(registry, node), version: nameOfVersion(registry, version) };
}

/** `v2`, or what is known instead. */
export function servedText(registry: Registry, served: Served): string {
  if (served.s === 'known') return nameOfVersion(registry, served.v);
  if (served.s === 'unknown') return 'unknown';
  return `contested (${served.among.map((version) => nameOfVersion(registry, version)).join(' or ')})`;
}

/** What the answer to "which version" rests on. */
export function evidenceText(served: Served): string {
  if (served.s !== 'known') return served.s === 'unknown' ? 'no evidence' : 'equal evidence disagrees';
  const words = {
    self: "the node's own word",
    client: "the client's word",
    quorum: 'a quorum',
    tee: 'an attestation',
  };
  const all = { ...words, reexec: 're-execution', proof: 'a proof' };
  return `${[...new Set(served.by)].map((by) => all[by]).join(' and ')} (grade ${served.grade} of 4)`;
}
