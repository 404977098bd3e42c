// The project brings its own Node 24 as an npm package; this file must parse on any Node, so that it can say so.
const major = Number(process.versions.node.split('.')[0]);
if (major < 24) {
  console.error(
    `Assay needs Node 24 or newer, and this is ${process.version}. "npm ci" brings one along on linux-x64, ` +
      `linux-arm64 and win-x64 and npm scripts find it by themselves; on ${process.platform}-${process.arch} install Node 24.`,
  );
  process.exit(2);
}
