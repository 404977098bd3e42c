/** Channels and the decisions that moved them. */
import { hex, sha256, utf8, WEIGHT_TOTAL } from '@assay/core';

/** What a decision did, computed from before and after; never stated by its signer. */
export type DecisionLabel = 'initial' | 'promote' | 'canary' | 'rollback' | 'stop' | 'adjust';

/** One authorised move of a channel. */
export interface Decision {
  readonly id: string;
  readonly index: number;
  /** Version digest to weight; weights sum to 10 000, or there are none. */
  readonly to: Readonly<Record<string, number>>;
  readonly label: DecisionLabel;
  readonly effective?: number;
  readonly incident?: string;
  readonly signer: string;
}

/** A channel's history. */
export interface Channel {
  /** `<owner key>/<model>/<channel>`. */
  readonly name: string;
  readonly model: string;
  readonly shortName: string;
  readonly decisions: readonly Decision[];
}

/** The model that a channel's full name belongs to. */
export const modelOfChannel = (name: string): string => name.slice(0, name.lastIndexOf('/'));

/** The channels of one log. */
export class Channels {
  readonly #channels = new Map<
    string,
    { name: string; model: string; shortName: string; decisions: Decision[] }
  >();
  readonly #byDecision = new Map<string, string>();

  get all(): Iterable<Channel> {
    return this.#channels.values();
  }

  get(name: string): Channel | undefined {
    return this.#channels.get(name);
  }

  ofModel(model: string): Channel[] {
    return [...this.#channels.values()].filter((channel) => channel.model === model);
  }

  decide(name: string, decision: Omit<Decision, 'label'>): void {
    const model = modelOfChannel(name);
    const channel = this.#channels.get(name) ?? {
      name,
      model,
      shortName: name.slice(model.length + 1),
      decisions: [],
    };
    channel.decisions.push({ ...decision, label: labelOf(channel.decisions, decision.to) });
    this.#channels.set(name, channel);
    this.#byDecision.set(decision.id, name);
  }

  /** The decision of this id, and its channel. */
  decision(id: string): { channel: Channel; decision: Decision } | undefined {
    const channel = this.#channels.get(this.#byDecision.get(id) ?? '');
    const decision = channel?.decisions.find((each) => each.id === id);
    return channel === undefined || decision === undefined ? undefined : { channel, decision };
  }

  /** The newest decision recorded before `size`. */
  asOf(name: string, size: number): Decision | undefined {
    return this.#channels.get(name)?.decisions.findLast((decision) => decision.index < size);
  }

  /**
   * The decision that a node must obey (PROTOCOL 4.3): the newest one, but one that brings something new waits until
   * it is witnessed, while a rollback or a stop acts at once.
   */
  inForce(name: string, witnessedSize: number): Decision | undefined {
    return this.#channels
      .get(name)
      ?.decisions.findLast((d) => d.index < witnessedSize || d.label === 'rollback' || d.label === 'stop');
  }
}

/** Ranks versions by their first announcement on the channel: going back to older ones only is a rollback. */
function labelOf(before: readonly Decision[], to: Readonly<Record<string, number>>): DecisionLabel {
  const versions = Object.keys(to);
  if (versions.length === 0) return 'stop';
  const current = before.at(-1);
  if (current === undefined) return 'initial';
  const rank = new Map<string, number>();
  for (const { to: announced } of before) {
    for (const version of Object.keys(announced)) if (!rank.has(version)) rank.set(version, rank.size);
  }
  const newest = (weights: Readonly<Record<string, number>>): number =>
    Math.max(-1, ...Object.keys(weights).map((version) => rank.get(version) ?? rank.size));
  const [was, is] = [newest(current.to), newest(to)];
  if (is < was) return 'rollback';
  if (versions.length > 1) return is > was ? 'canary' : 'adjust';
  return 'promote';
}

/**
 * The version that a request gets (PROTOCOL 5.5): H(requestId ‖ decision id) against integer weights, versions in
 * digest order. The first 8 bytes of SHA-256, big-endian, modulo 10 000; undefined when the channel is stopped.
 */
export function chooseVersion(requestId: string, decision: Pick<Decision, 'id' | 'to'>): string | undefined {
  const digest = hex(sha256(utf8(requestId), utf8(decision.id)));
  let point = Number(BigInt(`0x${digest.slice(0, 16)}`) % BigInt(WEIGHT_TOTAL));
  for (const version of Object.keys(decision.to).toSorted()) {
    point -= decision.to[version] ?? 0;
    if (point < 0) return version;
  }
  return undefined;
}
