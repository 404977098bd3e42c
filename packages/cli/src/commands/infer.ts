/** `assay infer`: asks a model through the gateway, and prints the answer only once its receipt holds. */
import { isDatatype, type Json, type Tensor } from '@assay/core';
import { elementValues, type InputSpec, inputTensor, type Payment, type Quote, tensorFrom } from '@assay/sdk';
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
import { clean, type Report } from '../report.ts';
import type { Session } from '../session.ts';
import { type Asker, clientOf } from '../wallet/client.ts';
import { asAmount } from '../wallet/flags.ts';
import { moneyText } from '../wallet/report.ts';

interface InferFlags {
  readonly input?: readonly string[];
  readonly jsonFile?: string;
  readonly pin?: string;
  readonly channel: string;
  readonly uses?: readonly string[];
  readonly id?: string;
  readonly wait: 'signed' | 'sequenced' | 'witnessed';
  readonly max?: string;
  readonly dryRun: boolean;
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
    max: {
      kind: 'parsed',
      parse: asAmount,
      brief: 'The most that the answer may cost, in whole tokens',
      optional: true,
      placeholder: 'AMOUNT',
    },
    dryRun: {
      kind: 'boolean',
      brief: 'Only say what it would cost',
      default: false,
      withNegated: false,
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
    const client = clientOf(session, askerOf(session, flags.max), registry);
    const asked = {
      model: model.name,
      inputs,
      wait: flags.wait,
      uses,
      ...(pin === undefined ? { channel: flags.channel } : { version: pin.digest }),
      ...(flags.id === undefined ? {} : { id: flags.id }),
    };
    if (flags.dryRun) return quoteReport(model.shortName, await client.dryRun(asked));
    const answer = await client.infer(asked);
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
      {
        request: answer.id,
        receipt: id,
        version: receipt.version,
        node,
        outputs,
        logged: logged ?? null,
        payment: answer.payment,
      },
      [
        ...answer.outputs.map(tensorLine),
        `by ${nameOfVersion(registry, receipt.version)} on ${nameOfParticipant(registry, node)}; the receipt holds for these bytes`,
        `receipt ${id}, ${place}`,
        ...paymentLines(session, answer.payment),
      ],
    );
  },
});

/** What an answer would cost. */
function quoteReport(model: string, quote: Quote | undefined): Report {
  if (quote === undefined) return clean({ model, price: null }, [`an answer of ${model} is free here`]);
  const { least, most, symbol, deposit } = quote;
  return clean(quote, [
    `an answer of ${model} would cost ${least} to ${most} ${symbol}`,
    ...(deposit === '0' ? [] : [`${deposit} ${symbol} would be deposited first`]),
  ]);
}

/** Who asks and pays: the key given, or the agent's, so that what it did with the answer is its own to settle; else nobody. */
function askerOf(session: Session, max: string | undefined): Asker {
  if (!session.isKeyGiven && !session.hasKey('agent')) return { key: undefined, payer: undefined };
  const { name, identity } = session.signatory('agent');
  return {
    key: identity.signer,
    payer: { name, identity },
    ...(max === undefined ? {} : { budget: { perRequest: max } }),
  };
}

/** What it cost, for people; nothing where it was free. */
function paymentLines(session: Session, { status, charged, released }: Payment): string[] {
  if (status === 'free') return [];
  const text = (amount: string): string => moneyText(session, amount);
  return [
    `paid ${text(charged)}, held until the receipt is witnessed; ${text(released)} of what was set aside is free again`,
  ];
}

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
