#!/usr/bin/env node
// Stands where forge expects a native solc: answers --version, and standard JSON by solc's npm package.
const solc = require('solc');
const { readFileSync } = require('node:fs');

if (process.argv.includes('--version')) {
  process.stdout.write(`solc, the solidity compiler commandline interface\nVersion: ${solc.version()}\n`);
} else {
  process.stdout.write(solc.compile(readFileSync(0, 'utf8')));
}
