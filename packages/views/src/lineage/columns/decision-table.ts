/** What each channel was told to announce, as decided; timelines are computed from it per prefix. */

export interface Decision {
  readonly position: number;
  readonly t: number;
  readonly effective: number;
  /** Version number → weight. */
  readonly to: ReadonlyMap<number, number>;
}

export class DecisionTable {
  readonly #byChannel = new Map<number, Decision[]>();

  add(channel: number, decision: Decision): void {
    const held = this.#byChannel.get(channel);
    if (held === undefined) this.#byChannel.set(channel, [decision]);
    else held.push(decision);
  }

  /** Every authorised decision on a channel, in log order. */
  of(channel: number): readonly Decision[] {
    return this.#byChannel.get(channel) ?? [];
  }

  /** Channels that were ever decided on, in order of their first decision. */
  channels(): IterableIterator<number> {
    return this.#byChannel.keys();
  }
}
