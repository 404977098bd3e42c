/** An input as it is typed at a command line. */
import { parseJsonText, type Tensor } from '@assay/core';
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
  return inputTensor(spec, parseJsonText(json));
}
