import { describe, expect, it } from 'vitest';
import { parseBundle } from '../../src/bundle/bundle-file.ts';

const bundle = {
  schema: 'assay.bundle/v1',
  incident: 'a'.repeat(64),
  knownAt: 412,
  scopeRoot: 'b'.repeat(64),
  gaps: [],
  file: { name: 'scope.csv', format: 'csv', sha256: 'c'.repeat(64) },
  attestations: [],
};

describe('reading a bundle', () => {
  it('takes a whole one as it is', () => {
    expect(parseBundle(bundle, 'x')).toEqual(bundle);
  });

  it.each(['../scope.csv', '/etc/passwd', '..', 'a/b', 'a\\b', 'a\0'])(
    'names no file elsewhere: %j',
    (name) => {
      expect(() => parseBundle({ ...bundle, file: { ...bundle.file, name } }, 'x')).toThrow(
        /unreadable-file/,
      );
    },
  );

  it.each(Object.keys(bundle).filter((key) => key !== 'schema'))('refuses one without %s', (key) => {
    expect(() => parseBundle({ ...bundle, [key]: undefined as never }, 'x')).toThrow(/unreadable-file/);
  });
});
