/** Loaded into each role process: it stops when its supervisor says so or is gone, and at nobody else's word. */
process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
// Ctrl-C at a terminal goes to all processes at once; the supervisor stops them in the order in which they need each other.
process.on('SIGINT', () => undefined);
process.channel?.unref();
