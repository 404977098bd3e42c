import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { formatTlogProof } from '@assay/log';
import { describe, expect, it } from 'vitest';
import { nodeA } from '../../views/test/support/log-builder.ts';
import { begun, NOW, policyText, V1 } from './support/real-log.ts';

const run = promisify(execFile);

describe('DESIGN 3: the verifier of proofs runs in a browser', () => {
  it('verifies a receipt on the browser platform, and no module of Node is imported on the way', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'assay-browser-'));
    try {
      const log = begun(3);
      const index = log.output(nodeA, V1);
      const files: [string, Uint8Array | string][] = [
        ['entry', log.entries[index] as Uint8Array],
        ['proof', formatTlogProof(log.proof(index))],
        ['policy', policyText],
      ];
      for (const [name, bytes] of files) writeFileSync(join(directory, name), bytes);
      const paths = files.map(([name]) => join(directory, name));
      const script = 'packages/verify/test/support/in-a-browser.ts';
      const { stdout } = await run(process.execPath, ['--conditions=browser', script, ...paths, String(NOW)]);
      expect(JSON.parse(stdout)).toEqual({ version: V1, index });
      // Without the condition the Node platform is chosen, and the guard must see it.
      await expect(run(process.execPath, [script, ...paths, String(NOW)])).rejects.toThrow(
        'imports node:crypto',
      );
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });
});
