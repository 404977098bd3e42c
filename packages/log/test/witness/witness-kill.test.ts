import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { openWitness, request, temporary } from './scene.ts';

const run = (directory: string, moment: string, oldSize: number, size: number) =>
  spawnSync(
    process.execPath,
    ['packages/log/test/witness/killed-witness.ts', directory, moment, String(oldSize), String(size)],
    { encoding: 'utf8' },
  );

describe('tlog-witness: "The witness MUST persist the new checkpoint before responding"', () => {
  it('killed between persist and reply, the new size stands and the same size may be asked for again', () => {
    using directory = temporary();
    expect(run(directory.path, 'never', 0, 7).stdout).toBe('200\n');
    expect(run(directory.path, 'after', 7, 9)).toMatchObject({ signal: 'SIGKILL', stdout: '' });
    using again = openWitness(directory.path);
    expect(again.witness.addCheckpoint(request(7, 9))).toMatchObject({ status: 409, body: '9\n' });
    expect(again.witness.addCheckpoint(request(9, 9)).status).toBe(200);
  });

  it('killed before persisting, nothing has changed', () => {
    using directory = temporary();
    run(directory.path, 'never', 0, 7);
    expect(run(directory.path, 'before', 7, 9)).toMatchObject({ signal: 'SIGKILL', stdout: '' });
    using again = openWitness(directory.path);
    expect(again.witness.addCheckpoint(request(7, 8)).status).toBe(200);
  });
});
