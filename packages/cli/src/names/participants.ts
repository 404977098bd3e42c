/** Participants by name or key. */
import type { Participant, Registry } from '@assay/views';
import { unclear } from './models.ts';

/** A participant by key id, by name, or by the name's part before its first dot. @throws CliError */
export function findParticipant(registry: Registry, name: string): Participant {
  const direct = registry.participants.get(name);
  if (direct !== undefined) return direct;
  const all = [...registry.participants.all];
  const exact = all.filter((each) => each.name === name);
  const matches = exact.length > 0 ? exact : all.filter((each) => each.name.split('.')[0] === name);
  const [only] = matches;
  if (only !== undefined && matches.length === 1) return only;
  const labels = (list: readonly Participant[]): string[] =>
    list.map((each) => `${each.name} (${each.keyId})`);
  throw unclear('participant', name, { matches: labels(matches), known: all.map((each) => each.name) });
}

/** A participant's name; the key's first digits for a stranger. */
export const nameOfParticipant = (registry: Registry, keyId: string): string =>
  registry.participants.get(keyId)?.name ?? keyId.slice(0, 16);
