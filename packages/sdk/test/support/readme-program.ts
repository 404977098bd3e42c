/** The README's lines for programs, as a program of its own: it prints what was forecast, and nothing else. */
import { readFileSync } from 'node:fs';
import { Assay, localWallet } from '@assay/sdk';

const [gateway = '', policyFile = '', secret = ''] = process.argv.slice(2);
const policy = readFileSync(policyFile, 'utf8');
const wallet = localWallet(new Uint8Array(Buffer.from(secret, 'hex')));

const assay = new Assay({ gateway, policy, wallet, budget: { perDay: '1' } });
const answer = await assay.infer({ model: 'scale', inputs: { x: [[21]] } });
console.log(answer.values()); // what was forecast
void answer.payment; // what it cost, for whoever asks
