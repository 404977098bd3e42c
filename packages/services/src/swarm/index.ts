/** Cold starts: nodes that want one blob serve one another its chunks, each verified by its id before it is used. */
export type { SwarmCounts } from './chunk-exchange.ts';
export { askingOrder, chunkPath, type Peer, PeerError, Peers } from './peers.ts';
export { Swarm, type SwarmOptions } from './swarm.ts';
