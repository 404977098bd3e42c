/** Which signals mean "stop". */

/**
 * A terminal sends Ctrl-C to every process of a network at once, and processes that need each other must stop in order:
 * one that somebody supervises (it has a channel to it) leaves Ctrl-C to the supervisor, which then sends SIGTERM.
 */
export const stopSignals = (): readonly NodeJS.Signals[] =>
  process.connected ? ['SIGTERM'] : ['SIGTERM', 'SIGINT'];
