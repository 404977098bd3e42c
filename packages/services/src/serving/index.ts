/** What the service processes share: configuration, listening, bodies, life. */
export { ConfigError, readConfigFile } from './config-file.ts';
export { closerOf } from './closer.ts';
export { listen, type Listening } from './listen.ts';
export { BodyError, type NodeBindings, readBody } from './read-body.ts';
export { processLog, runProcess, type RunningService } from './run-process.ts';
export { stopSignals } from './stop-signals.ts';
