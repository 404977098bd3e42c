/** The registry's state at a size as one digest, for `view.root` statements (specs/view-root.md). */
import { digestOfRows } from '../lineage/answers/scope-root.ts';
import type { Registry } from './registry.ts';

/**
 * Digest (hex) of the registry's rows as of `size`. Rows hold keys, digests, short names and integers only.
 */
export function registryRoot(registry: Registry, size: number): string {
  return digestOfRows('assay registry v1', rowsAt(registry, size));
}

/** The rows of the registry as of `size`. */
export function* rowsAt(registry: Registry, size: number): Generator<string> {
  const before = (index: number | undefined): index is number => index !== undefined && index < size;
  const ended = (index: number | undefined): string => (before(index) ? String(index) : '-');
  for (const p of registry.participants.all) {
    if (!before(p.joinedAt)) continue;
    const roles = p.roles.toSorted().join(',');
    yield `participant ${p.keyId} ${p.name} ${roles} ${p.operator} ${p.joinedAt} ${ended(p.leftAt)} ${ended(p.rotatedAt)} ${ended(p.compromisedAt)}`;
  }
  for (const model of registry.models.all)
    if (before(model.createdAt)) yield `model ${model.name} ${model.createdAt}`;
  for (const v of registry.models.versions) {
    if (before(v.publishedAt))
      yield `version ${v.digest} ${v.model} ${v.label} ${v.publishedAt} ${ended(v.withdrawnAt)}`;
  }
  for (const g of registry.models.grants) {
    if (before(g.grantedAt))
      yield `grant ${g.id} ${g.model} ${g.to} ${g.permissions.toSorted().join(',')} ${ended(g.revokedAt)}`;
  }
  for (const channel of registry.channels.all) {
    for (const { id, index, to } of channel.decisions) {
      const weights = Object.keys(to)
        .toSorted()
        .map((version) => `${version}=${to[version]}`);
      if (before(index)) yield `decision ${channel.name} ${index} ${id} ${weights.join(',') || '-'}`;
    }
  }
  for (const l of registry.leases.all) {
    if (before(l.openedAt))
      yield `lease ${l.node} ${l.version} ${l.openedAt} ${ended(l.drainedAt)} ${ended(l.lapsedAt)}`;
  }
  for (const point of registry.time.points)
    if (before(point.index)) yield `cosigned ${point.size} ${point.time} ${point.index}`;
  for (const { index, id, reason } of registry.ignored)
    if (before(index)) yield `ignored ${index} ${id} ${reason}`;
}
