/** The registry's state at a size as one digest, for `view.root` statements (specs/view-root.md). */
import { hex, sha256, utf8 } from '@assay/core';
import type { Registry } from './registry.ts';

/**
 * SHA-256 (hex) over the registry's rows as of `size`: one line each, sorted by UTF-16 code units, each ended by a
 * newline. Rows hold keys, digests and integers only.
 */
export function registryRoot(registry: Registry, size: number): string {
  const lines = [...rowsAt(registry, size)].toSorted();
  return hex(sha256(utf8(lines.map((line) => `${line}\n`).join(''))));
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
