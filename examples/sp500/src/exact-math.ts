/**
 * Natural logarithm and exponential from +, −, ×, ÷ alone.
 *
 * Why: ECMAScript leaves the last bits of Math.log and Math.exp to the engine, and a training run turns one last bit
 * into other weights. The four operations and the square root are exact by IEEE 754 everywhere, so these functions,
 * and with them the digest of a trained model, are the same on every machine. Correct to about 1e-15.
 */

// ln 2 in two parts, the first with trailing zero bits, so that k·LN2_HIGH is exact for every exponent k.
const LN2_HIGH = 0.69314718036912381649;
const LN2_LOW = 1.90821492927058770002e-10;

const number = new Float64Array(1);
const bits = new DataView(number.buffer);

/** 2^k for −1022 ≤ k ≤ 1023, built from its bits. */
function powerOfTwo(k: number): number {
  bits.setUint32(0, (k + 1_023) << 20);
  bits.setUint32(4, 0);
  return bits.getFloat64(0);
}

/** Natural logarithm of a positive normal number. */
export function ln(x: number): number {
  bits.setFloat64(0, x);
  let exponent = ((bits.getUint32(0) >>> 20) & 0x7ff) - 1_023;
  let mantissa = x / powerOfTwo(exponent);
  // Around 1 rather than above it: no cancellation between the two parts for x just below 1.
  if (mantissa > Math.SQRT2) {
    mantissa /= 2;
    exponent += 1;
  }
  // ln m = 2·artanh((m−1)/(m+1)); |s| ≤ 0.172, so twelve odd powers leave an error below 1e-17.
  const s = (mantissa - 1) / (mantissa + 1);
  let sum = 0;
  for (let power = 25; power >= 1; power -= 2) sum = sum * s * s + 1 / power;
  return exponent * LN2_HIGH + (exponent * LN2_LOW + 2 * s * sum);
}

/** e to the x, for −700 ≤ x ≤ 700. */
export function exp(x: number): number {
  const k = Math.round(x / LN2_HIGH);
  const r = x - k * LN2_HIGH - k * LN2_LOW;
  // |r| ≤ 0.347: sixteen terms of the Taylor series leave an error below 1e-20.
  let sum = 1;
  for (let n = 16; n >= 1; n--) sum = 1 + (sum * r) / n;
  return sum * powerOfTwo(k);
}
