/** The bytes that a receipt's `request.hash` commits to: one implementation for clients, gateways, nodes and auditors. */
import { hex, utf8 } from './bytes.ts';
import { canonicalJson } from './json.ts';
import { sha256 } from '#platform';
import type { Predicate } from './statements/catalogue.ts';

/** Everything that a request asks; who tries it, how often, with which salts and for which money is not part of it. */
export interface AskedRequest {
  /** Key id or short name. */
  readonly client: string;
  readonly id: string;
  /** Full name. */
  readonly model: string;
  /** One version by digest, or whatever a channel (by its full name) points at. */
  readonly ask: { readonly pin: string } | { readonly channel: string };
  /** Names of the outputs wanted, in order; all when absent. */
  readonly outputs?: readonly string[] | undefined;
  /** Effective parameters as text. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly verification: Predicate<'output.receipt'>['verification'];
  /** Record ids of what went into the input. */
  readonly uses?: readonly string[] | undefined;
  readonly rerunOf?: string | undefined;
}

/**
 * Canonical JSON of what is asked, with the input by its digest (specs/serving.md §3.1). Members of `asked` that are not
 * listed above have no part in it.
 *
 * @param inputBytes canonical encoding of the inputs
 */
export function requestBytes(asked: AskedRequest, inputBytes: Uint8Array): Uint8Array {
  const { client, id, model, ask, outputs, parameters, verification, uses, rerunOf } = asked;
  return utf8(
    canonicalJson({
      client,
      id,
      model,
      ask,
      ...(outputs === undefined ? {} : { outputs }),
      parameters,
      verification,
      ...(uses === undefined ? {} : { uses }),
      ...(rerunOf === undefined ? {} : { rerunOf }),
      input: `sha256:${hex(sha256(inputBytes))}`,
    }),
  );
}
