/** How long an answer may wait for its proof: the two states of an entry that a client can ask for. */
import { LogServerError } from './server-error.ts';

/** `sequenced`: under the log's own signature. `witnessed`: under a checkpoint that the quorum cosigned. */
export type Wait = 'sequenced' | 'witnessed';

/** The `wait` parameter. @throws LogServerError `request` */
export function waitOf(value: string | null | undefined): Wait | undefined {
  if (value === null || value === undefined) return undefined;
  if (value === 'sequenced' || value === 'witnessed') return value;
  throw new LogServerError('request', {
    what: `wait=${value.slice(0, 20)} is not known`,
    fix: 'Write wait=sequenced or wait=witnessed, or leave it out.',
  });
}
