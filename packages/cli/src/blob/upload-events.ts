/** What an upload tells, in words for people and as one JSON line for programs. */
import type { ProgressEvent, UploadEvent } from '@assay/storage';
import { mebibytes } from './bar.ts';

type NameOf = (node: Uint8Array) => string;
type Cause = Extract<ProgressEvent, { type: 'regression' }>['evidence']['cause'];
type State = Extract<UploadEvent, { type: 'node' }>['state'];

const CAUSES: { readonly [C in Cause]: string } = {
  'lost-ack': 'came back with a log that lacks what it had signed for',
  'failed-challenge': 'cannot show what it had signed for',
  tombstone: 'says itself that it has lost it',
  'epoch-moved': 'no longer holds it under a lease',
};

const STATES: { readonly [S in State]: string } = {
  ready: 'is back',
  stalled: 'has stopped moving bytes; the work goes on without it',
  unreachable: 'does not answer; the work goes on without it',
  full: 'is full, and said so without a receipt',
  refusing: 'refuses our requests',
  distrusted: 'signed something untrue, and is not spoken to any more',
};

/** Lines worth keeping on the screen; none for what only moves the bar. */
export function wordsOf(event: UploadEvent, nameOf: NameOf, names: ReadonlyMap<string, string>): string[] {
  if (event.type === 'node') return [`${nameOf(event.node)} ${STATES[event.state]}`];
  if (event.type === 'waiting') {
    const { have, need } = event;
    return [
      have < need
        ? `waiting: ${have} of the ${need} nodes that must sign can be spoken to`
        : 'enough nodes again',
    ];
  }
  if (event.type !== 'progress') return [];
  return steps(event.changes).map(({ bytes, packs, node, cause }) => {
    const whose = names.get(node) ?? `ed25519:${node}`;
    return `the bar steps back ${mebibytes(bytes)} MiB (${packs} packs): ${whose} ${CAUSES[cause]}`;
  });
}

/** Falls of one moment, by node and cause: a wiped node is one sentence, not a hundred. */
function steps(
  changes: readonly ProgressEvent[],
): { bytes: number; packs: number; node: string; cause: Cause }[] {
  const found = new Map<string, { bytes: number; packs: number; node: string; cause: Cause }>();
  for (const change of changes) {
    if (change.type !== 'regression') continue;
    const { cause } = change.evidence;
    const key = `${change.node} ${cause}`;
    const step = found.get(key) ?? { bytes: 0, packs: 0, node: change.node, cause };
    found.set(key, { ...step, bytes: step.bytes + change.bytes, packs: step.packs + 1 });
  }
  return [...found.values()];
}

/** The event as plain data. */
export function eventData(event: UploadEvent, nameOf: NameOf, names: ReadonlyMap<string, string>): object {
  switch (event.type) {
    case 'node':
      return { type: 'node', node: nameOf(event.node), state: event.state };
    case 'waiting':
      return event;
    case 'sealed':
      return { type: 'sealed', signers: event.certificate.signatures.map(({ node }) => nameOf(node)) };
    case 'progress':
      return {
        type: 'progress',
        ...event.view,
        changes: event.changes.map((change) => changeData(change, names)),
      };
  }
}

function changeData(change: ProgressEvent, names: ReadonlyMap<string, string>): object {
  if (change.type !== 'regression' && change.type !== 'health') return change;
  const { evidence, node, ...rest } = change;
  return { ...rest, node: names.get(node) ?? `ed25519:${node}`, cause: evidence.cause };
}
