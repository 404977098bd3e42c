/** What can go wrong with the journal on disk and with the outbox kept in it. */
import { AssayError } from '@assay/core';

/**
 * - `corrupt`: bytes that were acknowledged are gone or changed; nothing is guessed
 * - `locked`: another process has it open
 * - `failed`: a write or fdatasync failed, so nothing more may be promised
 * - `closed`: used after closing
 */
export class OutboxError extends AssayError<'corrupt' | 'locked' | 'failed' | 'closed'> {}
