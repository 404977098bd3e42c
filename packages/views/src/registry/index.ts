export { JOIN_WORK_BITS, mayActOn, mayHandle, type Refusal, refusalOf } from './authority.ts';
export {
  type Channel,
  Channels,
  chooseVersion,
  type Decision,
  type DecisionLabel,
  modelOfChannel,
} from './channels.ts';
export { type Lease } from './leases.ts';
export { type Grant, type Model, type Version } from './models.ts';
export { type Participant } from './participants.ts';
export { Registry, type Equivocation, type IgnoredRecord, type WitnessedAt } from './registry.ts';
export { registryRoot, rowsAt } from './registry-root.ts';
export {
  type CheckpointName,
  type CosignedPoint,
  KnownAtError,
  tickOf,
  TICKS_PER_SECOND,
  WitnessedTime,
} from './witnessed-time.ts';
