/** What a gateway says before it is asked: the model's full name, the target, the tensors, the price. */
import { isDatatype, type Json } from '@assay/core';
import { SdkError } from './errors.ts';
import type { Gateway } from './gateway.ts';
import type { InputSpec } from './inputs.ts';
import { objectOf } from './oip.ts';

/** A version by digest, or a channel by full name and the decision in force for it. */
export type Target = { readonly pin: string } | { readonly channel: string; readonly decision: string };

/** The terms of one model under one name. Nothing of it is believed without the receipt, or the price book's signature. */
export interface Terms {
  readonly model: string;
  readonly target: Target;
  readonly inputs: readonly InputSpec[];
  /** As it came; absent where answers are free. */
  readonly price: Json | undefined;
}

/** What a question names. */
export interface Named {
  readonly model: string;
  readonly channel?: string | undefined;
  /** Label or digest. */
  readonly version?: string | undefined;
}

/** Asks for the terms. @throws GatewayAway; SdkError `refused` | `not-an-answer` */
export async function readTerms(gateway: Gateway, { model, channel, version }: Named): Promise<Terms> {
  const query = new URLSearchParams(
    version !== undefined ? { version } : channel !== undefined ? { channel } : {},
  );
  const path = `/assay/v1/models/${encodeURIComponent(model)}/terms?${query.toString()}`;
  const terms = parse(await gateway.json(path), gateway.url + path);
  const asked = version !== undefined && version.startsWith('sha256:') ? version : undefined;
  if (asked === undefined || ('pin' in terms.target && terms.target.pin === asked)) return terms;
  throw wrong('its target is another version than the one asked for', gateway.url + path);
}

function parse(body: unknown, where: string): Terms {
  const { model, target, inputs, price } = objectOf(body);
  const { pin, channel, decision } = objectOf(target);
  if (typeof model !== 'string' || !Array.isArray(inputs)) throw wrong('they name no model', where);
  const specs = inputs.map((each: Json): InputSpec => {
    const { name, datatype, shape } = objectOf(each);
    if (typeof name === 'string' && typeof datatype === 'string' && isDatatype(datatype) && isShape(shape))
      return { name, datatype, shape };
    throw wrong('an input is not a tensor', where);
  });
  if (typeof pin === 'string') return { model, target: { pin }, inputs: specs, price };
  if (typeof channel === 'string' && typeof decision === 'string')
    return { model, target: { channel, decision }, inputs: specs, price };
  throw wrong('they name no target', where);
}

const isShape = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((size) => Number.isInteger(size));

const wrong = (what: string, where: string): SdkError =>
  new SdkError('not-an-answer', {
    what: `the terms cannot be read: ${what}`,
    where,
    fix: 'Check that the URL is that of a gateway.',
  });
