/** What the log says of a blob: its current certificates, receipts proven false, repairs; and what a command adds to it. */
import {
  challengeResult,
  type ChallengeResult,
  currentCustody,
  repairStatement,
  type StorageConnection,
  StorageRecords,
  verifyChallengeResult,
} from '@assay/services';
import {
  type Accusation,
  Custody,
  FormatError,
  type Manifest,
  ReceiptError,
  TransferError,
} from '@assay/storage';
import type { Session } from '../session.ts';
import { counted } from '../words.ts';
import { existsCustody, readCustody } from './custody-file.ts';

/** A logged false receipt; `holds` is undefined when its proof cannot be had now. */
export interface Conviction {
  readonly record: ChallengeResult;
  readonly holds: boolean | undefined;
  /** Whether the blob was repaired, or signed for anew, since. */
  readonly mended: boolean;
}

/** The blob in the log; nothing when there is no log here. */
export async function recordsOf(session: Session, network: StorageConnection): Promise<StorageRecords> {
  const records = new StorageRecords(network.committee);
  if (session.hasLog) for (const record of (await session.timeline()).records()) records.note(record);
  return records;
}

/** Custody by the log's newest repair or renewal, else by the certificates on this machine, else by those the blob was logged with. */
export async function openCustody(
  session: Session,
  network: StorageConnection,
  of: { readonly blob: string; readonly id: Uint8Array; readonly manifest: Manifest },
): Promise<Custody> {
  const logged = (await recordsOf(session, network)).of(of.blob);
  const signedAnew = logged.repairs.length > 0 || logged.certificates.length > 1;
  if (existsCustody(session.dir, of.id) && !signedAnew)
    return new Custody(of.manifest, readCustody(session.dir, of.id).current, network.options);
  return currentCustody(of.manifest, logged, { connection: network });
}

/** Checks every logged false receipt of a blob by its proof. */
export async function convictionsOf(
  session: Session,
  network: StorageConnection,
  blob: string,
): Promise<Conviction[]> {
  const { results, repairs, certificates } = (await recordsOf(session, network)).of(blob);
  const last = Math.max(...[...repairs, ...certificates].map(({ index }) => index));
  return Promise.all(
    results.map(async (record) => {
      return { record, holds: await holds(record, network), mended: record.index < last };
    }),
  );
}

async function holds(
  { predicate }: ChallengeResult,
  network: StorageConnection,
): Promise<boolean | undefined> {
  try {
    await verifyChallengeResult(predicate, network);
    return true;
  } catch (error) {
    if (error instanceof TransferError) return undefined;
    if (error instanceof ReceiptError || error instanceof FormatError) return false;
    throw error;
  }
}

/** Logs the false receipts that were found, those apart that the log has already. Returns the record ids of all. */
export async function logAccusations(
  session: Session,
  network: StorageConnection,
  { blob, accusations }: { readonly blob: string; readonly accusations: Iterable<Accusation> },
): Promise<string[]> {
  if (!session.hasLog) return [];
  const ids: string[] = [];
  const records = await recordsOf(session, network);
  for (const accusation of accusations) {
    if (accusation.hello === undefined) continue;
    const predicate = await challengeResult(accusation, { blob, connection: network });
    const known = records.sameResult(predicate);
    if (known !== undefined) {
      ids.push(known.id);
      continue;
    }
    const as = session.signatory('owner');
    ids.push((await session.publish('challenge.result', predicate, { as, wait: 'sequenced' })).id);
  }
  return ids;
}

/** Logs a repair. Returns the record id. */
export async function logRepair(
  session: Session,
  network: StorageConnection,
  done: {
    readonly custody: Custody;
    readonly blob: string;
    readonly repaired: number;
    readonly because: readonly string[];
  },
): Promise<string | undefined> {
  if (!session.hasLog || done.repaired === 0) return undefined;
  const predicate = await repairStatement(done.custody, done, network);
  const as = session.signatory('owner');
  return (await session.publish('repair', predicate, { as, wait: 'sequenced' })).id;
}

/** Convictions as lines, most telling first. */
export function convictionLines(convictions: readonly Conviction[], network: StorageConnection): string[] {
  return convictions.map(({ record, holds: proven, mended }) => {
    const { node, cause, shards } = record.predicate;
    const name = network.nameOf(Buffer.from(node.slice('ed25519:'.length), 'hex'));
    const what =
      cause === 'lost-ack' ? 'lost what it had signed for' : 'could not show what it had signed for';
    const worth =
      proven === true
        ? 'proven'
        : proven === false
          ? 'NOT proven: the proof does not hold'
          : 'the proof cannot be had now';
    return `log index ${record.index}: ${name} ${what} (${counted(Number(shards), 'shard')}); ${worth}${mended ? ', and repaired since' : ''}`;
  });
}
