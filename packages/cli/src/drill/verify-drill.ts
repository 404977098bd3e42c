/** Verifies what a drill kept, offline. */
import { join } from 'node:path';
import { AssayError } from '@assay/core';
import { readFileBytes } from '../content/read-file.ts';
import type { Checked } from '../verify/check-entries.ts';
import type { OfflineFile } from '../verify/classify.ts';
import { checkDrill } from './drill-note.ts';

/** Whether a file is a drill's note. */
export const isDrill = (file: OfflineFile): file is OfflineFile & { type: 'drill' } => file.type === 'drill';

/** Verifies one. @param folder  where its table lies */
export function verifyDrill({ path, bytes }: OfflineFile & { type: 'drill' }, folder: string): Checked {
  try {
    const { by, text, root } = checkDrill(bytes, (name) => readFileBytes(join(folder, name)));
    const said = text.trimEnd().split('\n').slice(3);
    return {
      file: path,
      by,
      scopeRoot: root,
      exit: 0,
      lines: [
        `${path}: the table is unchanged and gives scope root ${root}`,
        `  by the word of ${by}`,
        ...said.map((each) => `  ${each}`),
      ],
    };
  } catch (error) {
    if (!(error instanceof AssayError)) throw error;
    return {
      file: path,
      exit: 1,
      error: error.toJSON(),
      lines: [`${path}: NOT VERIFIED`, `  ${error.message}`],
    };
  }
}
