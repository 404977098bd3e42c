/** The key under which somebody's private content is encrypted: a file of their own, which nobody can make again. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fromHex, hex } from '@assay/core';
import { TenantKey } from '@assay/storage/node';
import { CliError } from '../cli-error.ts';
import type { Session } from '../session.ts';

/** A tenant's key, and the file that holds it. */
export interface HeldKey {
  readonly key: TenantKey;
  readonly path: string;
}

const pathOf = (session: Session): string =>
  join(session.dir, 'keys', `${session.signatory('owner').name}.tenant`);

/** The key of whoever signs, made at the first use, mode 0600. @throws CliError */
export function makeTenantKey(session: Session): HeldKey {
  const path = pathOf(session);
  mkdirSync(join(session.dir, 'keys'), { recursive: true });
  if (!existsSync(path))
    writeFileSync(path, `${hex(session.context.entropy.bytes(32))}\n`, { mode: 0o600, flag: 'wx' });
  return readTenantKey(session);
}

/** @throws CliError `unreadable-file` when there is none, or it is no key */
export function readTenantKey(session: Session): HeldKey {
  const path = pathOf(session);
  if (!existsSync(path)) {
    throw new CliError('unreadable-file', {
      what: 'the content is private, and its key is not here',
      where: path,
      fix: 'Copy the file from the machine that stored the blob, or sign with the key that stored it (--key).',
    });
  }
  const text = readFileSync(path, 'utf8').trim();
  if (/^[0-9a-f]{64}$/.test(text)) return { key: new TenantKey(fromHex(text)), path };
  throw new CliError('unreadable-file', { what: 'expected 64 hexadecimal digits', where: path });
}
