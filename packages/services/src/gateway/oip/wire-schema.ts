/** The JSON objects of the protocol, as far as both directions read them. Unknown members are let pass, as it asks. */
import { z } from 'zod';
import { OipError } from './oip-error.ts';

/** A parameter's value. */
export type OipParameter = string | number | boolean;

/** Most characters of a parameter that a caller sends. */
const MAX_ASKED = 4_096;
/** Most characters of a parameter of an answer: a proof bears a cosignature of each witness, some of them post-quantum. */
const MAX_ANSWERED = 131_072;

// A record schema drops "__proto__" without a word, and a parameter that was sent must have effect or be refused.
const parametersUpTo = (characters: number) =>
  z
    .unknown()
    .refine((value) => typeof value !== 'object' || value === null || !Object.hasOwn(value, '__proto__'), {
      error: 'no parameter may be called __proto__',
    })
    .pipe(z.record(z.string().max(128), z.union([z.string().max(characters), z.number(), z.boolean()])));

const parameters = parametersUpTo(MAX_ASKED);

/** A tensor in JSON. `data` is looked at later, against datatype and shape. */
const tensor = z.object({
  name: z.string(),
  datatype: z.string(),
  shape: z.array(z.number()),
  parameters: parameters.optional(),
  data: z.unknown().optional(),
});

export type WireTensor = z.infer<typeof tensor>;

export const requestSchema = z.object({
  id: z.string().max(256).optional(),
  parameters: parameters.optional(),
  inputs: z.array(tensor),
  outputs: z.array(z.object({ name: z.string(), parameters: parameters.optional() })).optional(),
});

export const responseSchema = z.object({
  model_name: z.string(),
  model_version: z.string().optional(),
  id: z.string().optional(),
  parameters: parametersUpTo(MAX_ANSWERED).optional(),
  outputs: z.array(tensor),
});

/** @throws OipError `code`, naming the first member that is wrong */
export function readWire<T>(schema: z.ZodType<T>, json: unknown, code: 'request' | 'response'): T {
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new OipError(code, {
    what: issue?.message ?? `not an inference ${code}`,
    where: issue === undefined || issue.path.length === 0 ? 'body' : issue.path.join('.'),
    fix: 'See the Open Inference Protocol, "Inference Request JSON Object".',
  });
}
