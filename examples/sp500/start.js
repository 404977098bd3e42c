// "npm start": a local network, and the story told on it. One node is faulty unless "--fault" says otherwise;
// "--fault none" runs it without. Plain JavaScript, so that an old Node gets a sentence from assay.js.
import { fileURLToPath } from 'node:url';

const given = process.argv.slice(2);
const fault = given.includes('--fault') ? [] : ['--fault', 'c=serve-stale:honest'];
const story = fileURLToPath(new URL('src/story/main.ts', import.meta.url));
process.argv.splice(2, given.length, 'up', '--run', story, ...fault, ...given);
await import('../../packages/cli/bin/assay.js');
