/** What a node says of itself to whoever asks: for operators and tests; nothing of it is proof. */
import type { LeaseState } from './lease-keeper.ts';
import type { SwarmCounts } from '../swarm/index.ts';
import type { StreamHead } from './receipt-stream.ts';

/** GET /assay/v1/state. */
export interface NodeState {
  readonly ready: boolean;
  readonly name: string;
  readonly keyId: string;
  readonly stream: StreamHead;
  readonly leases: readonly LeaseState[];
  /** By channel: the decision that is obeyed now. */
  readonly obeys: Readonly<Record<string, string>>;
  /** Bytes of versions' content by where they came from, and those given to other nodes, since the start. */
  readonly swarm: SwarmCounts;
  readonly inFlight: number;
  /** Entries that the log has not acknowledged. */
  readonly unsent: number;
  /** Entries read of the log, and how many of them witnesses have seen. */
  readonly logSize: number;
  readonly witnessedSize: number;
  readonly fault?: string;
}
