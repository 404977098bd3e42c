import { describe } from 'vitest';
import { nobleSecp256k1 } from '../../src/money/index.ts';
import { secp256k1Suite } from './secp256k1-suite.ts';

describe(nobleSecp256k1.name, () => secp256k1Suite(nobleSecp256k1));
