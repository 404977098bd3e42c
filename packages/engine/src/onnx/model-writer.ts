/** Writes ONNX models from TypeScript. Field numbers are those of onnx.proto3 (github.com/onnx/onnx, IR version 8). */
import { concat, type Datatype, type Tensor, type TensorSchema } from '@assay/core';
import { EngineError } from '../errors.ts';
import { bytesField, type Field, floatField, intField, messageField, stringField } from './protobuf.ts';

/** IR version 8 and operator set 17: old enough for every ONNX Runtime since 1.12. */
const IR_VERSION = 8;
const OPERATOR_SET = 17;

/** An attribute of an operator; which kind it is, is part of the operator's definition. */
export type OnnxAttribute =
  | { readonly int: number }
  | { readonly float: number }
  | { readonly text: string }
  | { readonly ints: readonly number[] };

/** One operator call: values by name in, values by name out. */
export interface OnnxNode {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, OnnxAttribute>>;
}

/** A graph in order of execution. `constants` are its weights; they may not be BYTES. */
export interface OnnxGraph {
  readonly name: string;
  readonly about?: string;
  readonly inputs: readonly TensorSchema[];
  readonly outputs: readonly TensorSchema[];
  readonly constants: readonly Tensor[];
  readonly nodes: readonly OnnxNode[];
}

// TensorProto.DataType
const DATA_TYPES: Readonly<Record<Datatype, number>> = {
  FP32: 1,
  UINT8: 2,
  INT8: 3,
  UINT16: 4,
  INT16: 5,
  INT32: 6,
  INT64: 7,
  BYTES: 8,
  BOOL: 9,
  FP16: 10,
  FP64: 11,
  UINT32: 12,
  UINT64: 13,
};

/**
 * The bytes of an ONNX model of `graph`: the same graph gives the same bytes everywhere.
 *
 * @throws EngineError `unsupported` on a BYTES constant
 */
export function onnxModel(graph: OnnxGraph): Uint8Array {
  return concat(
    intField(1, IR_VERSION),
    stringField(2, 'assay'),
    messageField(7, ...graphFields(graph)),
    messageField(8, stringField(1, ''), intField(2, OPERATOR_SET)),
  );
}

function graphFields(graph: OnnxGraph): Field[] {
  return [
    ...graph.nodes.map((node) => messageField(1, ...nodeFields(node))),
    stringField(2, graph.name),
    ...graph.constants.map((tensor) => messageField(5, ...constantFields(tensor))),
    ...(graph.about === undefined ? [] : [stringField(10, graph.about)]),
    ...graph.inputs.map((tensor) => messageField(11, ...valueInfoFields(tensor))),
    ...graph.outputs.map((tensor) => messageField(12, ...valueInfoFields(tensor))),
  ];
}

function nodeFields(node: OnnxNode): Field[] {
  return [
    ...node.inputs.map((name) => stringField(1, name)),
    ...node.outputs.map((name) => stringField(2, name)),
    stringField(4, node.op),
    ...Object.entries(node.attributes ?? {}).map(([name, value]) =>
      messageField(5, stringField(1, name), ...attributeFields(value)),
    ),
  ];
}

// AttributeProto: the value in its own field, and AttributeProto.AttributeType in field 20.
function attributeFields(value: OnnxAttribute): Field[] {
  if ('float' in value) return [floatField(2, value.float), intField(20, 1)];
  if ('int' in value) return [intField(3, value.int), intField(20, 2)];
  if ('text' in value) return [stringField(4, value.text), intField(20, 3)];
  return [...value.ints.map((int) => intField(8, int)), intField(20, 7)];
}

function constantFields(tensor: Tensor): Field[] {
  if (tensor.datatype === 'BYTES') {
    throw new EngineError('unsupported', { what: 'a BYTES constant', where: `constant "${tensor.name}"` });
  }
  return [
    ...tensor.shape.map((dim) => intField(1, dim)),
    intField(2, DATA_TYPES[tensor.datatype]),
    stringField(8, tensor.name),
    bytesField(9, tensor.bytes),
  ];
}

// ValueInfoProto > TypeProto > Tensor; a dimension the caller chooses is a TensorShapeProto.Dimension left empty.
function valueInfoFields(tensor: TensorSchema): Field[] {
  const dims = tensor.shape.map((dim) => messageField(1, ...(dim === -1 ? [] : [intField(1, dim)])));
  const type = messageField(1, intField(1, DATA_TYPES[tensor.datatype]), messageField(2, ...dims));
  const about = tensor.about === undefined ? [] : [stringField(3, tensor.about)];
  return [stringField(1, tensor.name), messageField(2, type), ...about];
}
