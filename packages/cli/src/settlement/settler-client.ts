/** Asks a network's settler: settle now, refund an incident (specs/serving.md §6). */
import { AUTHORIZATION, signRequest } from '@assay/services';
import { CliError } from '../cli-error.ts';
import type { Session } from '../session.ts';
import type { Signatory } from '../signatory.ts';
import { moneyOf } from '../wallet/report.ts';

/** What the settler said. */
export interface SettlerAnswer {
  readonly ok: boolean;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Settling waits for blocks and a veto window. */
const TIMEOUT_MS = 120_000;

/**
 * Posts to the settler, signed. Its refusals are answers; whether it can be reached at all is not.
 *
 * @throws CliError `no-network` | `unknown-name` | `gateway`
 */
export async function askSettler(session: Session, path: string, as: Signatory): Promise<SettlerAnswer> {
  const { url } = moneyOf(session).settler;
  await session.join(as);
  const { registry } = await session.timeline();
  const settler = [...registry.participants.all].find(
    ({ roles, endpoints, leftAt }) =>
      roles.includes('settler') && endpoints.includes(url) && leftAt === undefined,
  );
  if (settler === undefined) {
    throw new CliError('unknown-name', {
      what: 'no settler has joined this log yet',
      where: url,
      fix: 'See that it is up: DIR/logs/settler.log.',
    });
  }
  const signed = { method: 'POST', path, recipient: settler.keyId };
  const header = signRequest(signed, as.identity.signer, session.context.clock);
  return post(`${url}${path}`, header);
}

async function post(where: string, header: string): Promise<SettlerAnswer> {
  try {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const response = await fetch(where, { method: 'POST', headers: { [AUTHORIZATION]: header }, signal });
    return { ok: response.ok, body: (await response.json()) as Record<string, unknown> };
  } catch (cause) {
    throw new CliError('gateway', {
      what: 'the settler did not answer',
      where,
      fix: 'See that it is up: DIR/logs/settler.log.',
      cause,
    });
  }
}

/** A refusal of the settler as this command's own error, in the settler's words. */
export function refusalOf({ body }: SettlerAnswer, inLog?: string): CliError {
  const text = (name: string): string | undefined =>
    typeof body[name] === 'string' ? body[name] : undefined;
  const fix = text('fix');
  return new CliError('not-allowed', {
    what: text('what') ?? 'the settler refused',
    where: `settler: ${text('code') ?? 'no code'}${inLog === undefined ? '' : `; ${inLog}`}`,
    ...(fix === undefined ? {} : { fix }),
  });
}
