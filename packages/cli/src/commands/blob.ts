/** `assay blob`: content of any size on independent nodes. */
import { buildRouteMap } from '@stricli/core';
import type { CliContext } from '../cli-context.ts';
import { blobDelete } from './blob-delete.ts';
import { blobGet } from './blob-get.ts';
import { blobPut } from './blob-put.ts';
import { blobRepair } from './blob-repair.ts';
import { blobStat } from './blob-stat.ts';
import { blobVerify } from './blob-verify.ts';

export const blob = buildRouteMap<'put' | 'get' | 'stat' | 'verify' | 'repair' | 'delete', CliContext>({
  routes: {
    put: blobPut,
    get: blobGet,
    stat: blobStat,
    verify: blobVerify,
    repair: blobRepair,
    delete: blobDelete,
  },
  docs: {
    brief: 'Store content of any size on a quorum of nodes, read it back, check it, repair it, delete it',
  },
});
