/** From what a request names to the version that answers it, and what the receipt will say of that. */
import type { Predicate } from '@assay/core';
import { chooseVersion, type Decision, modelOfChannel } from '@assay/views';
import type { LogView } from '../participant/index.ts';
import { type Fault, staleChoice } from './fault.ts';
import { NodeError } from './node-error.ts';
import type { Ask } from './wire/index.ts';

/** What will run, and what will be said. The two versions differ on a lying node only. */
export interface Choice {
  readonly runs: string;
  readonly says: string;
  readonly target: Predicate<'output.receipt'>['target'];
}

/** By what a node chooses. */
export interface ChoosingRules {
  readonly view: LogView;
  /** This machine's clock in milliseconds. */
  readonly now: number;
  readonly maxDecisionAgeMs: number;
  readonly fault: Fault | undefined;
}

/** What is asked, and by which request. */
export interface Wanted {
  readonly model: string;
  readonly ask: Ask;
  readonly requestId: string;
}

/**
 * Chooses the version for a request.
 *
 * @throws NodeError `unknown-version` | `unknown-channel` | `withdrawn` | `stale-view` | `channel-stopped`
 */
export function chooseTarget(wanted: Wanted, rules: ChoosingRules): Choice {
  const { ask } = wanted;
  const choice = 'pin' in ask ? pinned(ask.pin) : onChannel(ask.channel, wanted, rules);
  const version = rules.view.registry.models.version(choice.runs);
  if (version?.model !== wanted.model) {
    throw new NodeError('unknown-version', {
      what: `${wanted.model} has no version ${choice.runs}`,
      where: 'pin' in ask ? 'pin' : 'channel',
      fix: 'Publish it, or wait until this node has read the log that far.',
    });
  }
  if (version.withdrawnAt !== undefined) {
    throw new NodeError('withdrawn', {
      what: `version ${version.label} (${version.digest}) was withdrawn by its owner`,
      where: `log index ${version.withdrawnAt}`,
      fix: 'Name another version; this one is served no more, not even pinned.',
    });
  }
  return choice;
}

const pinned = (pin: string): Choice => ({ runs: pin, says: pin, target: { pin } });

function onChannel(name: string, { model, requestId }: Wanted, rules: ChoosingRules): Choice {
  assertFresh(rules);
  const { registry, witnessedSize } = rules.view;
  const channel = registry.channels.get(name);
  const decision = registry.channels.inForce(name, witnessedSize);
  if (channel === undefined || decision === undefined || modelOfChannel(name) !== model) {
    throw new NodeError('unknown-channel', {
      what: `no decision is in force for ${name}`,
      where: 'channel',
      fix: 'A first decision acts once it is witnessed; check the name, or wait a moment.',
    });
  }
  const version = chooseVersion(requestId, decision);
  if (version === undefined) {
    throw new NodeError('channel-stopped', {
      what: `${name} was stopped by its owner`,
      where: `log index ${decision.index}`,
      fix: 'Name a version to go on without the channel.',
    });
  }
  const stale =
    rules.fault !== undefined && decision.label === 'rollback'
      ? staleChoice(channel, decision, requestId)
      : undefined;
  if (stale === undefined) return { runs: version, says: version, target: targetOf(name, decision) };
  return rules.fault === 'serve-stale:lying'
    ? { runs: stale.runs, says: version, target: targetOf(name, decision) }
    : { runs: stale.runs, says: stale.runs, target: targetOf(name, stale.decision) };
}

const targetOf = (channel: string, { id }: Decision): Choice['target'] => ({ channel, decision: id });

/** PROTOCOL 4.3: who cannot know what was decided must not act as if nothing had been. */
function assertFresh({ view, now, maxDecisionAgeMs }: ChoosingRules): void {
  const age = now - view.lastWitnessedAt;
  if (age <= maxDecisionAgeMs) return;
  throw new NodeError('stale-view', {
    what: `the newest witnessed view is ${Math.round(age / 1_000)} s old, at most ${maxDecisionAgeMs / 1_000} s serve channels`,
    where: 'channel',
    fix: 'Restore the way to the log and its witnesses; requests that name a version are still answered.',
  });
}
