/**
 * A gateway that is in league with its node: `node greedy-gateway.ts CONFIG.json`. It passes everything on to an honest
 * gateway, and answers come back under a receipt that the node signed anew, as the configuration bends it.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readFileSync } from 'node:fs';
import { base64, concat, fromBase64, openStatement, type Predicate, signStatement, utf8 } from '@assay/core';
import { assayDomain, chainIdOf, paymentSigner, receiptPaymentDigest } from '@assay/core/money';
import { type Identity, loadIdentity } from '@assay/core/node';

/** How answers are bent: `honest` leaves them; `over-claim` charges a million; `version` names another; `forged` bears no good signature. */
export type Bend = 'honest' | 'over-claim' | 'version' | 'forged';

/** Its configuration; the bend is read anew from its file for each answer. */
export interface GreedyConfig {
  readonly target: string;
  readonly node: string;
  readonly network: string;
  readonly vault: string;
  readonly bendFile: string;
}

/** Headers that belong to one connection. */
const HOP = new Set([
  'connection',
  'content-length',
  'host',
  'keep-alive',
  'transfer-encoding',
  'content-encoding',
]);
const NONE = new Uint8Array(0);
const OTHER_VERSION = `sha256:${'9'.repeat(64)}`;

type Receipt = Predicate<'output.receipt'>;

const HEADER_LENGTH = 'inference-header-content-length';
const config = JSON.parse(readFileSync(String(process.argv[2]), 'utf8')) as GreedyConfig;
const node = loadIdentity(config.node);

const server = createServer((request, response) => {
  relay(request, response).catch((error: unknown) => {
    console.error(error);
    response.destroy();
  });
});
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`${JSON.stringify({ listening: `http://127.0.0.1:${port}` })}\n`);
});

async function relay(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const { method = 'GET', url = '/' } = request;
  const headers = Object.entries(request.headers).filter(([name]) => !HOP.has(name)) as [string, string][];
  const body = method === 'GET' ? {} : { body: Buffer.concat(chunks) };
  const answer = await fetch(config.target + url, { method, headers, ...body });
  const bytes = new Uint8Array(await answer.arrayBuffer());
  const isAnswer = answer.status === 200 && url.endsWith('/infer');
  const { head, tail } = isAnswer
    ? bent(bytes, answer.headers.get(HEADER_LENGTH))
    : { head: bytes, tail: NONE };
  const passed = [...answer.headers].filter(([name]) => !HOP.has(name) && name !== HEADER_LENGTH);
  response.writeHead(answer.status, [
    ...passed.flat(),
    ...(isAnswer ? [HEADER_LENGTH, String(head.length)] : []),
  ]);
  response.end(concat(head, tail));
}

/** The same answer under another receipt. */
function bent(body: Uint8Array, length: string | null): { head: Uint8Array; tail: Uint8Array } {
  const size = Number(length ?? body.length);
  const said = JSON.parse(new TextDecoder().decode(body.subarray(0, size))) as {
    parameters: Record<string, string>;
  };
  const { assay_entry: entry = '' } = said.parameters;
  const { id, entry: signed } = resigned(fromBase64(entry));
  said.parameters['assay_receipt'] = id;
  said.parameters['assay_entry'] = base64(signed);
  return { head: utf8(JSON.stringify(said)), tail: body.subarray(size) };
}

function resigned(entry: Uint8Array): { id: string; entry: Uint8Array } {
  const bend = readFileSync(config.bendFile, 'utf8') as Bend;
  const statement = openStatement(entry);
  if (statement.kind !== 'output.receipt' || bend === 'honest') return { id: statement.id, entry };
  if (bend === 'forged') return { id: statement.id, entry: forged(entry) };
  const { paymentSignature: _, ...said } = statement.predicate;
  const receipt =
    bend === 'over-claim' ? { ...said, amount: '1000000' } : { ...said, version: OTHER_VERSION };
  const paid = { ...receipt, paymentSignature: paymentSignature(node, receipt) };
  const again = signStatement('output.receipt', paid, node.signer);
  return { id: openStatement(again).id, entry: again };
}

/** One digit of the signed bytes is another. */
function forged(entry: Uint8Array): Uint8Array {
  const text = new TextDecoder().decode(entry);
  const envelope = JSON.parse(text) as { signatures: { sig: string }[] };
  const [signature] = envelope.signatures;
  if (signature === undefined) throw new Error('an entry without a signature');
  const first = signature.sig.startsWith('A') ? 'B' : 'A';
  return utf8(text.replace(signature.sig, first + signature.sig.slice(1)));
}

function paymentSignature({ keyId, paymentSecret }: Identity, receipt: Receipt): string {
  const domain = assayDomain(chainIdOf(config.network), config.vault as `0x${string}`);
  return paymentSigner(paymentSecret)
    .sign(receiptPaymentDigest(domain, keyId, receipt))
    .slice(2);
}
