/** Where the events of an upload go: to the screen, to a file of JSON lines, or to standard error. */
import { appendFileSync } from 'node:fs';
import { hex } from '@assay/core';
import type { StorageConnection } from '@assay/services';
import type { UploadEvent } from '@assay/storage';
import { wantsColor } from '../cli-context.ts';
import type { Session } from '../session.ts';
import { eventData } from './upload-events.ts';
import { UploadScreen } from './upload-screen.ts';

export type OnEvent = (event: UploadEvent) => void;

/** Under `--json` events go to standard error, so that standard output stays one document. */
export function uploadSink(
  session: Session,
  network: StorageConnection,
  flags: { readonly json: boolean; readonly events?: string },
): OnEvent {
  const { process, clock } = session.context;
  const { nameOf, options } = network;
  const names = new Map(options.nodes.map(({ id }) => [hex(id), nameOf(id)]));
  const screen = new UploadScreen({
    write: (text) => process.stdout.write(text),
    isTerminal: process.isTTY,
    color: wantsColor(session.context),
    now: () => clock.now(),
    names,
    nameOf,
  });
  return (event) => {
    const line = `${JSON.stringify(eventData(event, nameOf, names))}\n`;
    if (flags.events !== undefined) appendFileSync(flags.events, line);
    if (flags.json) process.stderr.write(line);
    else screen.see(event);
  };
}

/** How long an upload may take before it is shown, in milliseconds. */
const QUIET_MS = 1_000;

/** Holds events back until the upload has taken over a second, or something other than progress happened. */
export function whenSlow(sink: OnEvent, now: () => number): OnEvent {
  const held: UploadEvent[] = [];
  const started = now();
  let shown = false;
  return (event) => {
    shown ||= now() - started >= QUIET_MS || event.type === 'node' || event.type === 'waiting';
    held.push(event);
    if (shown) held.splice(0).forEach(sink);
  };
}
