/** Loaded into each role process: when whoever started it is gone, it stops as if asked to. */
process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
process.channel?.unref();
