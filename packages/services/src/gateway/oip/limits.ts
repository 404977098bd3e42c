/** How much a caller may send at once. */

/** All in bytes but the last. */
export interface OipLimits {
  /** Whole body. */
  readonly body: number;
  /** JSON part. Text costs several times its size in memory, and a large tensor belongs into the binary form. */
  readonly json: number;
  /** Tensors in one request. */
  readonly tensors: number;
}

export const DEFAULT_LIMITS: OipLimits = { body: 64 * 2 ** 20, json: 8 * 2 ** 20, tensors: 64 };
