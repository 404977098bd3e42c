/** An input as it is typed at a command line. */
import { AssayError, type Json, parseJsonText, type Tensor } from '@assay/core';
import { type InputSpec, inputTensor } from '@assay/sdk';
import { CliError } from '../cli-error.ts';

/**
 * Reads `NAME=JSON`, or `JSON` alone where the version has one input.
 *
 * @throws CliError `usage`; SdkError `usage`; TensorError
 */
export function parseInput(text: string, specs: readonly InputSpec[]): Tensor {
  const [, name, json] = /^([\w./:-]+)=(.*)$/s.exec(text) ?? [undefined, specs[0]?.name, text];
  const spec = specs.find((each) => each.name === name);
  if (spec === undefined || json === undefined || (specs.length > 1 && !text.includes('='))) {
    throw new CliError('usage', {
      what: `"${text.slice(0, 40)}" names no input of the version`,
      fix: `Write NAME=JSON; its inputs are ${specs.map(({ name: each }) => each).join(', ')}.`,
    });
  }
  return inputTensor(spec, parseElements(spec.name, json));
}

function parseElements(name: string, json: string): Json {
  try {
    return parseJsonText(json);
  } catch (cause) {
    if (!(cause instanceof AssayError)) throw cause;
    throw new CliError('usage', {
      what: `input "${name}" is not JSON: ${cause.what}`,
      fix: "Write nested lists of numbers in quotes, such as '[[0.01,0.02]]'; JSON has no NaN and no infinity.",
      cause,
    });
  }
}
