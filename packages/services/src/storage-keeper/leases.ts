/** Renews the leases of blobs that are still wanted, well before they end, and says what could not be renewed. */
import { fromHex, hex } from '@assay/core';
import { certificatePages, Custody, type Manifest, storePages } from '@assay/storage';
import { certificatePredicate } from '../storage-client/index.ts';
import type { KeeperOptions } from './keeper.ts';

/** A blob's leases after a look at them. */
export interface LeaseState {
  /**
   * `unwanted`: nobody renews them, and what they cover is deleted after they end; `runs`: they end later than is to be cared
   * about; `renewed`: until `until` from now on; `failed`: too few nodes signed again, and the next round tries again;
   * `unknown`: the blob cannot be looked at.
   */
  readonly state: 'unwanted' | 'runs' | 'renewed' | 'failed' | 'unknown';
  /** The epoch in which the first lease ends; undefined when nothing stands. */
  readonly until: number | undefined;
  /** Of a failure: packs for which less than a quorum signed again; none when it was the whole that was not signed for. */
  readonly short?: readonly number[];
}

interface Keeping extends Pick<KeeperOptions, 'connection' | 'records' | 'renewWithinEpochs' | 'say'> {
  readonly blob: string;
  readonly manifest: Manifest;
  readonly absent: ReadonlySet<string>;
}

/**
 * Renews if it is time. A renewal is logged as the blob's certificate, which q nodes signed anew; the custody of what stands then
 * is returned, and the one that was given is disposed of.
 * @throws TransferError `refused` when too few nodes take the pages of the new certificates
 */
export async function keepLease(
  custody: Custody,
  { blob, manifest, absent, ...options }: Keeping,
): Promise<{ readonly lease: LeaseState; readonly custody: Custody }> {
  const { connection, records, renewWithinEpochs, say } = options;
  const { committee } = connection;
  const until = custody.leaseEnd();
  if (!records.isWanted(blob)) return { lease: { state: 'unwanted', until }, custody };
  if (until !== undefined && until - committee.epoch > renewWithinEpochs)
    return { lease: { state: 'runs', until }, custody };
  const { certificate, packs, short } = await custody.renew(fromHex(blob));
  if (certificate === undefined) return { lease: { state: 'failed', until, short }, custody };
  const session = hex(connection.options.randomBytes(16));
  const pages = await storePages(certificatePages(packs), { ...connection.options, session });
  await say('blob.certificate', certificatePredicate({ certificate, pages }, committee));
  custody[Symbol.dispose]();
  return {
    lease: { state: 'renewed', until: certificate.leaseEnd },
    custody: new Custody(manifest, packs, { ...connection.options, absent }),
  };
}
