/** Which software on which kind of processor made an answer: native kernels differ in last bits between them. */
import { existsSync, readFileSync } from 'node:fs';
import { env } from 'onnxruntime-node';

/** The receipt's `runtime` member (schema `outputReceipt` in core). */
export interface RuntimeFingerprint {
  readonly name: string;
  readonly version: string;
  /** Operating system, architecture and the instruction set that kernels are chosen by, as `linux-x64-avx512vnni`. */
  readonly platform: string;
  readonly provider: string;
  readonly threads: number;
}

// Best first; kernels are picked by the best one present.
const X64 = [
  ['amx_int8', 'amx'],
  ['avx512_vnni', 'avx512vnni'],
  ['avx512f', 'avx512'],
  ['avx2', 'avx2'],
  ['avx', 'avx'],
] as const;
const ARM64 = [
  ['sve', 'sve'],
  ['i8mm', 'i8mm'],
  ['asimddp', 'dotprod'],
] as const;

/**
 * The instruction-set class among `flags`, as the kernel lists them; the architecture's baseline when none is better.
 *
 * @example
 * ```ts
 * instructionSet('x64', new Set(['sse4_2', 'avx', 'avx2'])); // 'avx2'
 * ```
 */
export function instructionSet(arch: string, flags: ReadonlySet<string>): string {
  const classes = arch === 'x64' ? X64 : arch === 'arm64' ? ARM64 : [];
  const best = classes.find(([flag]) => flags.has(flag));
  if (best !== undefined) return best[1];
  return arch === 'x64' ? 'sse' : arch === 'arm64' ? 'neon' : 'unknown';
}

/** The fingerprint of this process. `threads` are those inside one operator. */
export function runtimeFingerprint(threads: number): RuntimeFingerprint {
  const flags = processorFlags();
  const isa = flags === undefined ? 'unknown' : instructionSet(process.arch, flags);
  return {
    name: 'onnxruntime-node',
    version: env.versions.node ?? 'unknown',
    platform: `${process.platform}-${process.arch}-${isa}`,
    provider: 'cpu',
    threads,
  };
}

const PROCESSOR_LIST = '/proc/cpuinfo';

/** Processor flags by the kernel's word, or undefined where the system does not list them (only Linux does). */
function processorFlags(): ReadonlySet<string> | undefined {
  if (!existsSync(PROCESSOR_LIST)) return undefined;
  const line = /^(?:flags|Features)\s*:\s*(.+)$/m.exec(readFileSync(PROCESSOR_LIST, 'utf8'));
  return line === null ? undefined : new Set((line[1] as string).split(' '));
}
