/** What a client does to a log server until it dies, and what must be true of the log afterwards. */
import { join } from 'node:path';
import { ed25519Signer, equal, fromBase64, hex, mldsa44Signer, sha256, systemClock, utf8 } from '@assay/core';
import { encodeBundle, noteVerifier, openCheckpoint } from '@assay/log';
import { diskFiles, type EntryDescription, fsck, openLog, sqliteRow } from '@assay/log/node';
import { readFileSync } from 'node:fs';

/** Everything the server told its client. */
export interface Told {
  readonly entries: Map<number, string>;
  readonly notes: Uint8Array[];
}

/** Appends across a tile boundary and several segments; ends quietly when the server does. */
export async function drive(url: string): Promise<Told> {
  const told: Told = { entries: new Map(), notes: [] };
  let next = 0;
  const append = async (count: number): Promise<void> => {
    const texts = Array.from(
      { length: count },
      () => `entry ${next++}, long enough to fill a segment in a while`,
    );
    const body = Uint8Array.from(encodeBundle(texts.map(utf8)));
    const response = await fetch(`${url}/append-batch`, {
      method: 'POST',
      body,
      signal: AbortSignal.timeout(5_000),
    });
    if (!response.ok) throw new Error(`the server answered ${response.status}`);
    const { results } = (await response.json()) as { results: { index: number }[] };
    results.forEach(({ index }, i) => told.entries.set(index, texts[i] as string));
    const note = await fetch(`${url}/newest-checkpoint`, { signal: AbortSignal.timeout(5_000) });
    told.notes.push(new Uint8Array(await note.arrayBuffer()));
  };
  try {
    for (const count of [200, 50, 1, 5, 1, 1, 30, 200, 1]) {
      await append(count);
      // Time for a publication in between, so that its steps are among those that fail.
      await new Promise((resolve) => setTimeout(resolve, 60));
    }
  } catch (error) {
    // A dead server is what this is about; what it said before counts.
    if (!(error instanceof Error)) throw error;
  }
  return told;
}

/** Opens the log again and holds it to what was told. @returns what is wrong; nothing when all is well */
export async function judge(
  directory: string,
  seedFile: string,
  origin: string,
  told: Told,
): Promise<string[]> {
  const seed = fromBase64(readFileSync(seedFile, 'utf8').trim());
  const [files, row] = [diskFiles(directory), sqliteRow(join(directory, 'log.db'))];
  const [ed25519, mldsa44] = [ed25519Signer(seed), mldsa44Signer(seed)];
  const log = await openLog({ origin, ed25519, mldsa44, files, row, clock: systemClock, describe: opaque });
  const wrong: string[] = [];
  for (const [index, text] of told.entries) {
    const found = index < log.size ? new TextDecoder().decode(await log.entry(index)) : 'nothing';
    if (found !== text) wrong.push(`entry ${index} was acknowledged as "${text}" and is "${found}"`);
  }
  const verifiers = [noteVerifier(log.vkey)];
  for (const note of told.notes) {
    const { size, root } = openCheckpoint(note, verifiers).checkpoint;
    const ours = size <= log.size ? await log.rootAt(size) : new Uint8Array();
    if (!equal(ours, root)) wrong.push(`a signed tree of ${size} entries is not a prefix of this one`);
  }
  const bytes = utf8('life goes on');
  await log.append({ bytes, ...opaque(bytes) });
  await log.publish(log.signForPublication().note);
  const { findings } = await fsck({ files, row, verifiers });
  await log.close();
  return [...wrong, ...findings.map(({ code, where, what }) => `fsck: ${code} at ${where}: ${what}`)];
}

function opaque(entry: Uint8Array): EntryDescription {
  return { id: hex(sha256(entry)), signer: '', keys: [] };
}
