import { describe, expect, it } from 'vitest';
import { secp256k1Suite } from '../../core/test/money/secp256k1-suite.ts';
import { loadSecp256k1 } from '../src/node/index.ts';

const said: string[] = [];
const curve = loadSecp256k1((line) => said.push(line));

describe(curve.name, () => {
  secp256k1Suite(curve);

  it('is native on this platform, or said so', () => {
    const prebuilt = ['linux-x64', 'darwin-arm64', 'win32-x64'].includes(
      `${process.platform}-${process.arch}`,
    );
    expect(curve.name).toMatch(prebuilt ? /native/ : /JavaScript/);
    expect(said).toHaveLength(prebuilt ? 0 : 1);
  });
});
