/** `assay infer`: asks a model through the gateway, and prints the answer only once its receipt holds. */
import { isDatatype, type Json, type Signer, type Tensor } from '@assay/core';
import { Assay, elementValues, type InputSpec, inputTensor, tensorFrom } from '@assay/sdk';
import type { Registry } from '@assay/views';
import { CliError } from '../cli-error.ts';
import { networkCommand } from '../command.ts';
import { readJsonFile } from '../content/json-file.ts';
import { asList, asText } from '../flags.ts';
import { parseInput } from '../infer/parse-input.ts';
import { tensorLine } from '../infer/tensor-text.ts';
import { findModel, findVersion, nameOfVersion } from '../names/models.ts';
import { nameOfParticipant } from '../names/participants.ts';
import { findAnyRecord } from '../names/records.ts';
import { clean } from '../report.ts';
import type { Session } from '../session.ts';

interface InferFlags {
  readonly input?: readonly string[];
  readonly jsonFile?: string;
  readonly pin?: string;
  readonly channel: string;
  readonly uses?: readonly string[];
  readonly id?: string;
  readonly wait: 'signed' | 'sequenced' | 'witnessed';
}

export const infer = networkCommand<InferFlags, [model: string]>({
  brief: 'Ask a model, and check the receipt before showing the answer',
  examples: [
    'infer sp500-vol --json-file request.json',
    "infer sp500-vol --input 'features=[[0.01,0.02]]' --wait witnessed",
    "infer sp500-vol --pin v1 --input '[[0.01,0.02]]'",
  ],
  flags: {
    input: {
      kind: 'parsed',
      parse: asText,
      brief: 'An input, its elements in nested lists',
      variadic: true,
      optional: true,
      placeholder: 'NAME=JSON',
    },
    jsonFile: {
      kind: 'parsed',
      parse: asText,
      brief: 'Inputs from an Open Inference Protocol request',
      optional: true,
      placeholder: 'FILE',
    },
    pin: {
      kind: 'parsed',
      parse: asText,
      brief: 'Ask this version, whatever the channel says',
      optional: true,
      placeholder: 'VERSION',
    },
    channel: { kind: 'parsed', parse: asText, brief: 'Channel', default: 'prod', placeholder: 'NAME' },
    uses: {
      kind: 'parsed',
      parse: asList,
      brief: 'Records whose outputs went into the input',
      optional: true,
      placeholder: 'ID,ID',
    },
    id: {
      kind: 'parsed',
      parse: asText,
      brief: 'Request id; the same id gets the same answer',
      optional: true,
      placeholder: 'ID',
    },
    wait: {
      kind: 'enum',
      values: ['signed', 'sequenced', 'witnessed'],
      default: 'signed',
      brief: 'How far the receipt must have come',
    },
  },
  args: { kind: 'tuple', parameters: [{ brief: 'Model', parse: asText, placeholder: 'MODEL' }] },
  async run(session, flags, modelName) {
    const timeline = await session.timeline();
    const { registry } = timeline;
    const model = findModel(registry, modelName);
    const pin = flags.pin === undefined ? undefined : findVersion(registry, flags.pin, model.name);
    const inputs = inputsOf(
      flags,
      specsOf(registry, { model: model.name, channel: flags.channel, pin: pin?.digest }),
    );
    const uses = (flags.uses ?? []).map((name) => findAnyRecord(timeline, name).id);
    const answer = await clientOf(session, registry).infer({
      model: model.name,
      inputs,
      wait: flags.wait,
      uses,
      ...(pin === undefined ? { channel: flags.channel } : { version: pin.digest }),
      ...(flags.id === undefined ? {} : { id: flags.id }),
    });
    const { id, node, receipt, logged } = answer.receipt;
    const outputs = answer.outputs.map((tensor) => ({
      name: tensor.name,
      datatype: tensor.datatype,
      shape: tensor.shape,
      data: elementValues(tensor),
    }));
    const place =
      logged === undefined
        ? 'signed, not yet in the log'
        : `entry ${logged.index}, ${logged.witnessed ? 'witnessed' : 'sequenced'}`;
    return clean(
      { request: answer.id, receipt: id, version: receipt.version, node, outputs, logged: logged ?? null },
      [
        ...answer.outputs.map(tensorLine),
        `by ${nameOfVersion(registry, receipt.version)} on ${nameOfParticipant(registry, node)}; the receipt holds for these bytes`,
        `receipt ${id}, ${place}`,
      ],
    );
  },
});

/** A client that trusts by the log that this command has read. */
function clientOf(session: Session, { participants }: Registry): Assay {
  const { clock, entropy } = session.context;
  return new Assay({
    gateway: session.gatewayUrl,
    policy: session.policy,
    key: keyOfClient(session),
    participants: (keyId) => participants.get(keyId),
    followProofs: false,
    clock,
    entropy,
  });
}

/** The asking key, so that what it did with the answer is its own to settle; `anonymous` where there is none. */
const keyOfClient = (session: Session): Signer | undefined =>
  session.isKeyGiven || session.hasKey('agent') ? session.signatory('agent').identity.signer : undefined;

function specsOf(
  registry: Registry,
  of: { readonly model: string; readonly channel: string; readonly pin: string | undefined },
): readonly InputSpec[] {
  const announced = registry.channels.get(`${of.model}/${of.channel}`)?.decisions.at(-1)?.to ?? {};
  const digest = of.pin ?? Object.keys(announced)[0];
  const version = digest === undefined ? undefined : registry.models.version(digest);
  if (version !== undefined) return version.inputs;
  throw new CliError('unknown-name', {
    what: `the channel "${of.channel}" announces nothing`,
    fix: 'Promote a version, name another channel with --channel, or pin one with --pin.',
  });
}

function inputsOf({ input = [], jsonFile }: InferFlags, specs: readonly InputSpec[]): Tensor[] {
  if ((jsonFile === undefined) === (input.length === 0)) {
    throw new CliError('usage', {
      what: 'inputs come from --input or from --json-file',
      fix: 'Give one of the two.',
    });
  }
  return jsonFile === undefined
    ? input.map((text) => parseInput(text, specs))
    : requestInputs(readJsonFile(jsonFile), specs, jsonFile);
}

function requestInputs(request: Json, specs: readonly InputSpec[], where: string): Tensor[] {
  const { inputs } = (request ?? {}) as { inputs?: Json };
  if (!Array.isArray(inputs)) throw new CliError('unreadable-file', { what: 'there are no "inputs"', where });
  return inputs.map((each: Json) => {
    const { name, datatype, shape, data } = (each ?? {}) as {
      name?: Json;
      datatype?: Json;
      shape?: Json;
      data?: Json;
    };
    const spec = specs.find((known) => known.name === name);
    if (spec === undefined || data === undefined) {
      throw new CliError('unreadable-file', {
        what: `input ${JSON.stringify(name ?? null)} is none of the version's, or has no data`,
        where,
      });
    }
    if (!Array.isArray(shape) || typeof datatype !== 'string' || !isDatatype(datatype))
      return inputTensor(spec, data);
    return tensorFrom(
      { name: spec.name, datatype, shape: shape as number[] },
      (Array.isArray(data) ? data : [data]).flat(16) as Json[],
    );
  });
}
