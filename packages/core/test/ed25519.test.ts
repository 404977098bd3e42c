import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as browser from '../src/platform/browser.ts';
import * as node from '../src/platform/node.ts';
import { fromHex } from '../src/bytes.ts';
import { ed25519Verify } from '../src/ed25519.ts';

const file = process.env.ASSAY_VECTORS ?? '../shared/vectors';
const vectors = `${file}/ed25519vectors.json`;
