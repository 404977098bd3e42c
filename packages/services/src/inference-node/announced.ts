/** Which versions a node should be ready for: what its channels announce, now or as soon as that is witnessed. */
import type { Decision, Registry } from '@assay/views';
import { type Fault, staleDecision } from './fault.ts';

/** Which channels a node serves: all, or those named in full. */
export type ServedChannels = 'all' | readonly string[];

/** Versions that at least one served channel announces, withdrawn ones left out. */
export function announcedVersions(
  registry: Registry,
  witnessedSize: number,
  serves: { readonly channels: ServedChannels; readonly fault: Fault | undefined },
): ReadonlySet<string> {
  const versions = new Set<string>();
  for (const channel of registry.channels.all) {
    if (serves.channels !== 'all' && !serves.channels.includes(channel.name)) continue;
    const inForce = registry.channels.inForce(channel.name, witnessedSize);
    const stale =
      serves.fault !== undefined && inForce?.label === 'rollback'
        ? staleDecision(channel, inForce)
        : undefined;
    for (const decision of [inForce, pending(channel.decisions, inForce), stale]) {
      for (const version of Object.keys(decision?.to ?? {})) versions.add(version);
    }
  }
  for (const version of versions)
    if (registry.models.version(version)?.withdrawnAt !== undefined) versions.delete(version);
  return versions;
}

/** The newest decision when it still waits for its witnesses. */
function pending(decisions: readonly Decision[], inForce: Decision | undefined): Decision | undefined {
  const newest = decisions.at(-1);
  return newest !== undefined && newest.index > (inForce?.index ?? -1) ? newest : undefined;
}
