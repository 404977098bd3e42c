/** The three versions of the story: how each was trained and exported, and what went wrong with the second. */
import { hex, type Manifest, sha256 } from '@assay/core';
import { type Feature, FEATURES, featuresFor, HISTORY, nextMove } from './features.ts';
import { type Example, fit, type FitRecipe } from './fit.ts';
import { forecasterGraph, INPUT, OUTPUT } from './forecaster-graph.ts';
import type { Network } from './network.ts';
import type { Day } from './prices.ts';

/** Trading days in a year; the square root of it turns a day's volatility into a year's. */
export const TRADING_DAYS = 252;

const RECIPE: FitRecipe = { seed: 20_000_103, rounds: 600, rate: 0.02, decay: 1e-4 };

/** How one version came to be. */
export interface VersionRecipe {
  readonly label: string;
  /** Last day whose features were trained on. */
  readonly trainedThrough: string;
  /** Columns of the training table, in its order. */
  readonly table: readonly Feature[];
  /** Columns of the request that the exported graph reads as the table's columns. Should be the same list. */
  readonly reads: readonly Feature[];
}

// The second training run computed its windows from the longest to the shortest.
const LONGEST_FIRST: readonly Feature[] = ['range_month', 'range_week', 'range_day', 'fall_day'];

/**
 * v1 is sound. v2 was retrained on two more years by a rewritten pipeline whose table has its windows from the longest
 * to the shortest, while its export still hands the request's columns over as they come: the day's range is read as
 * the month's, and the month's as the day's. Nothing fails; shapes and types are right; calm days look calm. v3 has the same
 * weights as v2 and puts the columns in order first.
 */
export const VERSIONS = {
  v1: { label: 'v1', trainedThrough: '2013-12-30', table: FEATURES, reads: FEATURES },
  v2: { label: 'v2', trainedThrough: '2015-12-30', table: LONGEST_FIRST, reads: FEATURES },
  v3: { label: 'v3', trainedThrough: '2015-12-30', table: LONGEST_FIRST, reads: LONGEST_FIRST },
} as const satisfies Record<string, VersionRecipe>;
export type Label = keyof typeof VERSIONS;

/** All labels, oldest first. */
export const LABELS = Object.keys(VERSIONS) as readonly Label[];

/** A version as training leaves it. */
export interface TrainedVersion {
  readonly network: Network;
  /** For each column of the table, the index of the request's column that the graph reads. */
  readonly columns: readonly number[];
  readonly graph: Uint8Array;
  readonly manifest: Manifest;
}

/** Trains and exports a version. Takes about two seconds; the same bytes every time, on every machine. */
export function trainVersion(days: readonly Day[], recipe: VersionRecipe): TrainedVersion {
  const network = fit(examplesOf(days, recipe), RECIPE);
  const columns = recipe.reads.map((feature) => FEATURES.indexOf(feature));
  const graph = forecasterGraph(network, columns);
  return { network, columns, graph, manifest: manifestOf(graph) };
}

function examplesOf(days: readonly Day[], { trainedThrough, table }: VersionRecipe): Example[] {
  const examples: Example[] = [];
  for (let index = HISTORY; index < days.length - 1; index++) {
    if ((days[index] as Day).date > trainedThrough) break;
    const features = featuresFor(days, index);
    examples.push({
      features: table.map((feature) => features[FEATURES.indexOf(feature)] as number),
      move: nextMove(days, index) * Math.sqrt(TRADING_DAYS),
    });
  }
  return examples;
}

function manifestOf(graph: Uint8Array): Manifest {
  return {
    schema: 'assay.manifest/v1',
    format: 'onnx',
    graph: { id: `sha256:${hex(sha256(graph))}`, size: String(graph.length) },
    externalData: [],
    adapters: [],
    tokenizer: null,
    promptTemplate: null,
    inputs: [INPUT],
    outputs: [OUTPUT],
    preprocessing: { where: 'graph' },
    decoding: {},
    numeric: { mode: 'fp32', nonFinite: 'reject' },
    referee: {
      name: 'onnxruntime-web',
      version: '1.30.0',
      // dist/ort-wasm-simd-threaded.wasm of the npm package onnxruntime-web 1.30.0.
      module: 'sha256:3398c10d07d229bd91b364548e130e0e51a8e5704b88c7c083ebbeb78842dee2',
      threads: 1,
      optimisation: 'disabled',
      relaxedSimd: false,
    },
    tolerance: {
      kind: 'uncalibrated',
      reason:
        'no calibration on two engines was made at registration, so this version is not sold as audited',
    },
  };
}
