/** The runtime fingerprint: fits the receipt, and names the class that native kernels are picked by. */
import { describe, expect, it } from 'vitest';
import { instructionSet, runtimeFingerprint } from '../src/index.ts';

describe('the runtime fingerprint', () => {
  it('has the form that receipts demand', () => {
    const fingerprint = runtimeFingerprint(2);
    expect(fingerprint).toMatchObject({
      name: 'onnxruntime-node',
      version: '1.30.0',
      provider: 'cpu',
      threads: 2,
    });
    expect(fingerprint.platform).toMatch(/^[a-z0-9][a-z0-9._-]{0,63}$/);
    expect(fingerprint.platform.startsWith(`${process.platform}-${process.arch}-`)).toBe(true);
  });

  it.each([
    ['x64', ['sse4_2', 'avx', 'avx2', 'avx512f', 'avx512_vnni'], 'avx512vnni'],
    ['x64', ['avx', 'avx2'], 'avx2'],
    ['x64', ['sse2'], 'sse'],
    ['arm64', ['asimd', 'asimddp', 'i8mm'], 'i8mm'],
    ['arm64', ['asimd'], 'neon'],
    ['riscv64', ['avx2'], 'unknown'],
  ])('%s with %j is %s', (arch, flags, expected) => {
    expect(instructionSet(arch, new Set(flags))).toBe(expected);
  });
});
