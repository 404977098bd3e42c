/**
 * Verifies a receipt from files with nothing of Node: `node --conditions=browser in-a-browser.ts ENTRY PROOF POLICY TIME`.
 * Any import of a Node module from here on is refused, as a browser would.
 */
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';

const [entry, proof, policy] = process.argv.slice(2, 5).map((path) => new Uint8Array(readFileSync(path)));
if (entry === undefined || proof === undefined || policy === undefined)
  throw new Error('three files are needed');

registerHooks({
  resolve: (specifier, context, next) => {
    const resolved = next(specifier, context);
    if (resolved.url.startsWith('node:')) throw new Error(`${context.parentURL} imports ${resolved.url}`);
    return resolved;
  },
});

const { parsePolicy, parseTlogProof } = await import('@assay/log');
const { verifyReceipt } = await import('@assay/verify');
const trust = { policy: parsePolicy(policy), judgedAt: Number(process.argv[5]) };
const { receipt, index } = verifyReceipt(entry, { proof: parseTlogProof(proof) }, trust);
console.log(JSON.stringify({ version: receipt.predicate.version, index }));
