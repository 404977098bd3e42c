/** The volatility example, for whoever tells its story: prices, features, committed models, the agent's rule. */
export { type Comparison, type Evaluation, type Score } from './evaluation.ts';
export { type Feature, FEATURES, featuresFor, inputTensor, nextMove } from './features.ts';
export { HELD_OUT_FROM, type HeldOutDay, heldOutDays, ROUGH_WEEKS } from './held-out.ts';
export { forecastAll } from './forecast-all.ts';
export { type CommittedVersion, loadEvaluation, loadVersion, MODELS } from './models.ts';
export { positionSize, SIZING, type SizingRule } from './positions.ts';
export { type Day, loadPrices, parsePrices, PriceError } from './prices.ts';
export { type Label, LABELS, VERSIONS } from './versions.ts';
