// Multiplies rows of a GF(2^8) matrix (field 0x11d) with byte columns: the inner loop of Reed-Solomon encode and rebuild.
//
// dst[r] = sum over j of coef[r][j] * src[j]. A product is two table look-ups of a nibble (swizzle), as in
// Plank, Greenan, Miller, "Screaming Fast Galois Field Arithmetic" (FAST 2013).
#include <stdint.h>
#include <wasm_simd128.h>

// Columns handled before the next group of rows, so that k sources of this size stay in the first-level cache.
#define BLOCK 2048u
// Rows handled together: their sums stay in registers, and each source is loaded and taken apart once for all of them.
// `TABLE_GROUP` of src/codec/wasm.ts is the same number.
#define GROUP 6u
#define INLINE static inline __attribute__((always_inline))

// Nibbles are below 16, where the relaxed look-up is defined and the same; it spares the check for larger ones.
INLINE v128_t look_up(v128_t table, v128_t nibbles) {
#ifdef __wasm_relaxed_simd__
  return (v128_t)__builtin_wasm_relaxed_swizzle_i8x16((__i8x16)table, (__i8x16)nibbles);
#else
  return wasm_i8x16_swizzle(table, nibbles);
#endif
}

INLINE v128_t product(v128_t low, v128_t high, v128_t low_table, v128_t high_table) {
  return wasm_v128_xor(look_up(low_table, low), look_up(high_table, high));
}

INLINE void group(const uint8_t *tables, const uint32_t rows, uint32_t k, const uint32_t *src, const uint32_t *dst,
                  uint32_t from, uint32_t to) {
  const v128_t nibble = wasm_i8x16_splat(15);
  for (uint32_t at = from; at < to; at += 32) {
    v128_t a[GROUP], b[GROUP];
    const uint8_t *table = tables;
#pragma unroll
    for (uint32_t r = 0; r < rows; r++) a[r] = b[r] = wasm_i8x16_splat(0);
    for (uint32_t j = 0; j < k; j++) {
      const uint8_t *in = (const uint8_t *)(uintptr_t)src[j] + at;
      const v128_t x = wasm_v128_load(in), y = wasm_v128_load(in + 16);
      const v128_t xl = wasm_v128_and(x, nibble), xh = wasm_u8x16_shr(x, 4);
      const v128_t yl = wasm_v128_and(y, nibble), yh = wasm_u8x16_shr(y, 4);
#pragma unroll
      for (uint32_t r = 0; r < rows; r++, table += 32) {
        const v128_t low = wasm_v128_load(table), high = wasm_v128_load(table + 16);
        a[r] = wasm_v128_xor(a[r], product(xl, xh, low, high));
        b[r] = wasm_v128_xor(b[r], product(yl, yh, low, high));
      }
    }
#pragma unroll
    for (uint32_t r = 0; r < rows; r++) {
      uint8_t *out = (uint8_t *)(uintptr_t)dst[r] + at;
      wasm_v128_store(out, a[r]);
      wasm_v128_store(out + 16, b[r]);
    }
  }
}

// A function for each number of rows: the runtime optimises only those that are called.
#define ROWS(count)                                                                                                  \
  __attribute__((noinline)) static void rows_##count(const uint8_t *tables, uint32_t k, const uint32_t *src,           \
                                                     const uint32_t *dst, uint32_t from, uint32_t to) {                \
    group(tables, count, k, src, dst, from, to);                                                                     \
  }
ROWS(1)
ROWS(2)
ROWS(3)
ROWS(4)
ROWS(5)
ROWS(6)

// tables: rows * k entries of 32 bytes (products of the low nibble, then of the high nibble), group after group of GROUP
// rows, the last one smaller; within a group column after column, within a column row after row.
// src, dst: addresses; length: a multiple of 32. Called by src/codec/wasm.ts alone, which checks all of that.
__attribute__((export_name("mul_rows"))) void mul_rows(const uint8_t *tables, uint32_t rows, uint32_t k,
                                                       const uint32_t *src, const uint32_t *dst, uint32_t length) {
  for (uint32_t from = 0; from < length; from += BLOCK) {
    const uint32_t to = from + BLOCK < length ? from + BLOCK : length;
    for (uint32_t r = 0; r < rows; r += GROUP) {
      const uint8_t *at = tables + r * k * 32;
      switch (rows - r) {
        case 1: rows_1(at, k, src, dst + r, from, to); break;
        case 2: rows_2(at, k, src, dst + r, from, to); break;
        case 3: rows_3(at, k, src, dst + r, from, to); break;
        case 4: rows_4(at, k, src, dst + r, from, to); break;
        case 5: rows_5(at, k, src, dst + r, from, to); break;
        default: rows_6(at, k, src, dst + r, from, to);
      }
    }
  }
}
