/** The life of a service process: start, say where, stop in order on a signal. */
import { AssayError } from '@assay/core';
import { type Logger, pino } from 'pino';
import { stopSignals } from './stop-signals.ts';

/** A running service. */
export interface RunningService {
  /** What the process prints on standard output once it listens, as one line of JSON. */
  readonly ready: { readonly listening: string; readonly [key: string]: string };
  /** Resolves when the service cannot go on; whoever runs it then stops it and starts it again. */
  readonly failure?: Promise<unknown>;
  /** Stops in order: takes no more, finishes, makes durable. */
  stop(): Promise<void>;
}

/** A process's log: JSON lines on standard error. */
export const processLog = (name: string): Logger => pino({ name }, pino.destination({ dest: 2, sync: true }));

/** Runs a service until it is told to stop. A configuration or key that is wrong ends it with exit code 2. */
export async function runProcess(log: Logger, start: () => Promise<RunningService>): Promise<void> {
  try {
    const service = await start();
    process.stdout.write(`${JSON.stringify(service.ready)}\n`);
    log.info({ service: service.ready }, 'listening');
    let stopping: Promise<void> | undefined;
    const stop = (why: object): void => {
      log.info(why, 'stopping');
      stopping ??= service.stop().catch((error: unknown) => {
        log.error({ err: error }, 'stopping failed');
        process.exitCode = 1;
      });
    };
    for (const signal of stopSignals()) process.once(signal, () => stop({ signal }));
    void service.failure?.then((error) => {
      log.fatal({ err: error }, 'cannot go on; a restart recovers from what is on disk');
      process.exitCode = 1;
      stop({});
    });
  } catch (error) {
    if (!(error instanceof AssayError)) throw error;
    log.fatal(error.toJSON(), error.message);
    process.exitCode = 2;
  }
}
