// Multiplies rows of a GF(2^8) matrix (field 0x11d) with byte columns: the inner loop of Reed-Solomon encode and rebuild.
//
// dst[r] = sum over j of coef[r][j] * src[j]. A product is two table look-ups of a nibble (swizzle), as in
// Plank, Greenan, Miller, "Screaming Fast Galois Field Arithmetic" (FAST 2013).
#include <stdint.h>
#include <wasm_simd128.h>

// Columns handled before the next group of rows, so that k sources of this size stay in the first-level cache.
#define BLOCK 2048u
#define INLINE static inline __attribute__((always_inline))

INLINE v128_t product(v128_t low, v128_t high, const uint8_t *table) {
  return wasm_v128_xor(wasm_i8x16_swizzle(wasm_v128_load(table), low),
                       wasm_i8x16_swizzle(wasm_v128_load(table + 16), high));
}

INLINE void group(const uint8_t *tables, uint32_t rows, uint32_t k, const uint32_t *src, const uint32_t *dst,
                  uint32_t from, uint32_t to) {
  const v128_t nibble = wasm_i8x16_splat(15);
  for (uint32_t at = from; at < to; at += 32) {
    v128_t a[4], b[4];
    for (uint32_t r = 0; r < rows; r++) a[r] = b[r] = wasm_i8x16_splat(0);
    for (uint32_t j = 0; j < k; j++) {
      const uint8_t *in = (const uint8_t *)(uintptr_t)src[j] + at;
      const v128_t x = wasm_v128_load(in), y = wasm_v128_load(in + 16);
      const v128_t xl = wasm_v128_and(x, nibble), xh = wasm_u8x16_shr(x, 4);
      const v128_t yl = wasm_v128_and(y, nibble), yh = wasm_u8x16_shr(y, 4);
      for (uint32_t r = 0; r < rows; r++) {
        const uint8_t *table = tables + (r * k + j) * 32;
        a[r] = wasm_v128_xor(a[r], product(xl, xh, table));
        b[r] = wasm_v128_xor(b[r], product(yl, yh, table));
      }
    }
    for (uint32_t r = 0; r < rows; r++) {
      uint8_t *out = (uint8_t *)(uintptr_t)dst[r] + at;
      wasm_v128_store(out, a[r]);
      wasm_v128_store(out + 16, b[r]);
    }
  }
}

// tables: rows * k entries of 32 bytes (products of the low nibble, then of the high nibble);
// src, dst: addresses; length: a multiple of 32. Called by src/codec/wasm.ts alone, which checks all of that.
__attribute__((export_name("mul_rows"))) void mul_rows(const uint8_t *tables, uint32_t rows, uint32_t k,
                                                       const uint32_t *src, const uint32_t *dst, uint32_t length) {
  for (uint32_t from = 0; from < length; from += BLOCK) {
    const uint32_t to = from + BLOCK < length ? from + BLOCK : length;
    uint32_t r = 0;
    for (; r + 4 <= rows; r += 4) group(tables + r * k * 32, 4, k, src, dst + r, from, to);
    switch (rows - r) {
      case 3: group(tables + r * k * 32, 3, k, src, dst + r, from, to); break;
      case 2: group(tables + r * k * 32, 2, k, src, dst + r, from, to); break;
      case 1: group(tables + r * k * 32, 1, k, src, dst + r, from, to); break;
    }
  }
}
