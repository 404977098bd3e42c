/** A witness over HTTP: add-checkpoint and the monitoring path (c2sp.org/tlog-witness, "HTTP Interface"). */
import { AssayError } from '@assay/core';
import type { Witness } from '@assay/log/node';
import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { AnchorError, type AnchorSignerParts, signForAnchor } from './anchor-signature.ts';

/** A checkpoint with sixteen ML-DSA-44 signatures and a full proof is some 80 kB. */
const MAX_BODY_BYTES = 262_144;

/** The application; both prefixes are its root. @param anchor  signs for contracts, where the witness has a payment key */
export function createWitnessApp(witness: Witness, anchor?: AnchorSignerParts): Hono {
  const app = new Hono();
  const tooLarge = bodyLimit({
    maxSize: MAX_BODY_BYTES,
    onError: (c) => c.text(`a request is at most ${MAX_BODY_BYTES} bytes\n`, 413),
  });

  app.post('/add-checkpoint', tooLarge, async (c) => {
    const { status, contentType, body } = witness.addCheckpoint(new Uint8Array(await c.req.arrayBuffer()));
    return c.body(body, status, { 'Content-Type': contentType });
  });

  app.get('/:originHash/checkpoint', (c) => {
    const hash = c.req.param('originHash');
    const note = /^[0-9a-f]{64}$/.test(hash) ? witness.checkpoint(hash) : undefined;
    if (note === undefined) return c.text('no checkpoint of that log was ever cosigned here\n', 404);
    const headers = { 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-cache' };
    return c.body(Uint8Array.from(note), 200, headers);
  });

  // Ours, not the specification's: specs/serving.md §5.
  app.post('/assay/v1/anchor-signature', tooLarge, async (c) => {
    if (anchor === undefined) return c.text('this witness has no payment key\n', 404);
    const target = {
      chainId: Number(c.req.query('chain')),
      vault: (c.req.query('vault') ?? '').toLowerCase(),
    };
    const note = new Uint8Array(await c.req.arrayBuffer());
    try {
      return c.json(signForAnchor(note, target, anchor));
    } catch (error) {
      if (!(error instanceof AssayError)) throw error;
      return c.json(error.toJSON(), error instanceof AnchorError ? 403 : 400);
    }
  });

  return app;
}
