/** The one error family of the engine room. */
import { AssayError } from '@assay/core';

/**
 * The graph's side:
 * - `graph-digest`: bytes are not the graph that the manifest names
 * - `graph-load`: the runtime cannot load it
 * - `graph-schema`: it has other inputs or outputs than the manifest says
 * - `unsupported`: the manifest asks for something this engine does not do
 *
 * The caller's side, found before anything runs:
 * - `input-name`, `input-missing`, `input-datatype`, `input-shape`, `input-not-finite`, `input-element`
 * - `output-name`: asked for an output that the version does not have
 *
 * While running:
 * - `run`: the runtime failed
 * - `output-schema`: the graph gave an output that is not what the manifest says
 * - `disposed`: the session or cache was closed
 */
export class EngineError extends AssayError<
  | 'graph-digest'
  | 'graph-load'
  | 'graph-schema'
  | 'unsupported'
  | 'input-name'
  | 'input-missing'
  | 'input-datatype'
  | 'input-shape'
  | 'input-not-finite'
  | 'input-element'
  | 'output-name'
  | 'run'
  | 'output-schema'
  | 'disposed'
> {}

const CALLER: ReadonlySet<string> = new Set<EngineError['code']>([
  'input-name',
  'input-missing',
  'input-datatype',
  'input-shape',
  'input-not-finite',
  'input-element',
  'output-name',
]);

/** Whether the caller's request caused the error, so that sending it elsewhere would not help. */
export function isCallerFault(error: EngineError): boolean {
  return CALLER.has(error.code);
}
