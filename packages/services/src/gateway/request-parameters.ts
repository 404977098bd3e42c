/** Reads the request parameters that are ours. Others are refused: one that nobody reads would be a lie in the receipt. */
import { fromHex, hex } from '@assay/core';
import { GatewayError } from './gateway-error.ts';
import type { OipParameter } from './oip/index.ts';
import { type Salts, verification } from '../inference-node/wire/index.ts';

/** How far the answer may go in the log before it is given. */
export type Wait = 'signed' | 'sequenced' | 'witnessed';

type Level = ReturnType<typeof verification.parse>;

/** What a request asks for beside its tensors. */
export interface RequestParameters {
  /** Short name of a channel. */
  readonly channel: string | undefined;
  readonly client: string;
  /** Base64; needed where the client is a key. */
  readonly clientSignature: string | undefined;
  readonly uses: readonly string[];
  readonly rerunOf: string | undefined;
  readonly verification: Level;
  readonly wait: Wait;
  /** Whether the receipt's exact bytes come along with the answer. */
  readonly inlineReceipt: boolean;
  /** The salts that the caller chose (PROTOCOL 8.1). */
  readonly salts: Partial<Salts>;
}

/** What else of an HTTP request may carry a parameter. */
export interface ParameterSources {
  readonly parameters: Readonly<Record<string, OipParameter>>;
  /** Header Assay-Client. */
  readonly clientHeader: string | undefined;
  /** Query `wait`. */
  readonly waitQuery: string | undefined;
}

const SHORT_NAME = /^[a-z0-9][a-z0-9._-]{0,63}$/;
const KEY_ID = /^ed25519:[0-9a-f]{64}$/;
const RECORD_ID = /^[0-9a-f]{64}$/;
const WAITS = ['signed', 'sequenced', 'witnessed'] as const;
const KNOWN: ReadonlySet<string> = new Set([
  'assay_channel',
  'assay_client',
  'assay_client_signature',
  'assay_uses',
  'assay_rerun_of',
  'assay_verification',
  'assay_salt_request',
  'assay_salt_input',
  'assay_salt_output',
  'assay_inline',
  'wait',
]);

/** Reads them all. @throws GatewayError `parameter`, naming the first that is wrong */
export function readParameters({ parameters, clientHeader, waitQuery }: ParameterSources): RequestParameters {
  const unknown = Object.keys(parameters).find((name) => !KNOWN.has(name));
  if (unknown !== undefined) {
    throw wrong(unknown, 'is not a parameter here', 'A parameter that had no effect would still be signed.');
  }
  const read = (name: string): string | undefined => textOf(name, parameters[name]);
  return {
    channel: matching('assay_channel', read('assay_channel'), SHORT_NAME),
    client: clientOf(read('assay_client') ?? clientHeader ?? 'anonymous'),
    clientSignature: read('assay_client_signature'),
    uses: recordIds(read('assay_uses')),
    rerunOf: matching('assay_rerun_of', read('assay_rerun_of'), RECORD_ID),
    verification: levelOf(read('assay_verification') ?? 'signed'),
    wait: waitOf(read('wait') ?? waitQuery ?? 'signed'),
    inlineReceipt: matching('assay_inline', read('assay_inline'), /^receipt$/) !== undefined,
    salts: saltsOf(read),
  };
}

/** Reads a `wait`. @throws GatewayError `parameter` */
export function waitOf(text: string): Wait {
  const wait = WAITS.find((each) => each === text);
  if (wait !== undefined) return wait;
  throw wrong('wait', `has the value "${text.slice(0, 40)}"`, `Use ${WAITS.join(', ')}.`);
}

function textOf(name: string, value: OipParameter | undefined): string | undefined {
  if (value === undefined || typeof value === 'string') return value;
  throw wrong(name, 'must be a string');
}

function matching(name: string, value: string | undefined, pattern: RegExp): string | undefined {
  if (value === undefined || pattern.test(value)) return value;
  throw wrong(name, `has the malformed value "${value.slice(0, 80)}"`);
}

function clientOf(text: string): string {
  if (SHORT_NAME.test(text) || KEY_ID.test(text)) return text;
  throw wrong('assay_client', 'must be a key id or a short name');
}

function recordIds(text: string | undefined): string[] {
  if (text === undefined || text === '') return [];
  const ids = text.split(',').map((id) => id.trim());
  const bad = ids.find((id) => !RECORD_ID.test(id));
  if (bad !== undefined) throw wrong('assay_uses', `names "${bad.slice(0, 80)}", which is no record id`);
  if (ids.length > 64) throw wrong('assay_uses', `names ${ids.length} records, at most 64 are taken`);
  return ids;
}

function levelOf(text: string): Level {
  const result = verification.safeParse(text);
  if (result.success) return result.data;
  throw wrong(
    'assay_verification',
    `has the value "${text.slice(0, 40)}"`,
    `Use ${verification.options.join(', ')}.`,
  );
}

function saltsOf(read: (name: string) => string | undefined): Partial<Salts> {
  const salts: Partial<Salts> = {};
  for (const field of ['request', 'input', 'output'] as const) {
    const salt = matching(`assay_salt_${field}`, read(`assay_salt_${field}`), /^[0-9a-f]{64}$/);
    // Through bytes, so that what is committed with is what was written.
    if (salt !== undefined) salts[field] = hex(fromHex(salt));
  }
  return salts;
}

const wrong = (name: string, what: string, fix?: string): GatewayError =>
  new GatewayError('parameter', {
    what: `parameter ${name} ${what}`,
    where: `parameters.${name}`,
    ...(fix === undefined ? {} : { fix }),
  });
