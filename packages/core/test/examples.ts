/** One plausible predicate per statement kind; the golden files are these, signed with a fixed key. */
import { findWork, identityOf, type Kind, type Predicate, signPaymentKey } from './identity.ts';

const id = (digit: string): string => digit.repeat(64);
const sha = (digit: string): string => `sha256:${id(digit)}`;
const mac = (digit: string): string => `hmac-sha256:${id(digit)}`;

export const signer = identityOf('1');
export const other = identityOf('2');
const model = `${signer.keyId}/sp500-vol`;
const channel = `${model}/prod`;
const checkpoint = { origin: 'log.example/assay', size: '41', root: id('c') };
const stream = 'ab'.repeat(16);
const nonce = '0f'.repeat(16);
const runtime = {
  name: 'onnxruntime-node',
  version: '1.30.0',
  platform: 'linux-x64',
  provider: 'cpu',
  threads: 1,
};

export const examples: { readonly [K in Kind]: Predicate<K> } = {
  'participant.join': {
    roles: ['node'],
    name: 'node-a',
    operator: other.keyId,
    endpoints: ['http://127.0.0.1:7201'],
    paymentKey: signer.paymentKey,
    paymentKeySignature: signPaymentKey(signer.paymentSecret, signer.keyId),
    work: String(findWork(signer.signer.publicKey, 8)),
  },
  'participant.leave': {},
  grant: { model, to: other.keyId, permissions: ['channel.decide'], nonce },
  revoke: { grant: id('3') },
  'key.rotate': { to: other.keyId, proof: 'ab'.repeat(64) },
  'key.compromised': { key: other.keyId, since: 1_790_000_000 },
  endorse: { record: id('4') },
  'model.create': { model },
  'version.publish': {
    model,
    version: sha('5'),
    label: 'v2',
    blob: { id: sha('6'), size: '4096' },
    inputs: [{ name: 'returns', datatype: 'FP32', shape: [-1, 22] }],
    outputs: [{ name: 'volatility', datatype: 'FP32', shape: [-1, 1] }],
    licence: 'Apache-2.0',
    standard: '0.95',
  },
  'version.withdraw': { model, version: sha('5'), because: mac('7') },
  'channel.decide': {
    channel,
    to: { [sha('5')]: 9_000, [sha('8')]: 1_000 },
    incident: id('9'),
    because: mac('a'),
    nonce,
  },
  'serve.stream': { stream, previousStream: 'cd'.repeat(16), lastSequence: '7', lastReceipt: id('b') },
  'serve.lease': { version: sha('5'), expires: 1_790_000_600, nonce, stream, sequence: '12', head: id('d') },
  'serve.drain': { version: sha('5'), lease: id('1'), stream, sequence: '12', head: id('d') },
  'lease.lapse': { lease: id('e') },
  'request.deliver': { receipt: id('f'), bytesSent: '512' },
  'output.receipt': {
    request: { id: 'req-1', client: 'desk-7', hash: mac('1') },
    attempt: 0,
    model,
    target: { channel, decision: id('2') },
    version: sha('5'),
    input: mac('3'),
    output: mac('4'),
    stream,
    sequence: '13',
    previous: id('d'),
    accepted: 1_790_000_100_250,
    finished: 1_790_000_100_262,
    notBefore: checkpoint,
    finish: 'stop',
    usage: { inputBytes: '88', outputBytes: '4', computeMicros: '950' },
    parameters: {},
    runtime,
    verification: 'signed',
  },
  derive: { to: id('5'), source: id('6'), role: 'policy' },
  act: {
    type: 'payment',
    reversibility: 'compensable',
    uses: [id('7')],
    content: mac('8'),
    amount: { value: '125000', currency: 'simulated-usd' },
  },
  evidence: {
    output: id('9'),
    version: sha('5'),
    reexecution: { runtime, difference: '0.000001', tolerance: '0.00001' },
  },
  'incident.open': { versions: [sha('5')], from: 1_790_000_000, because: mac('a'), nonce },
  'incident.amend': { incident: id('b'), nonce, set: { until: 1_790_000_900 } },
  'incident.settle': { incident: id('b'), target: id('c'), state: 'rerun_same', nonce, basis: [id('d')] },
  'incident.reverse': { target: id('c'), nonce },
  'scope.attest': { incident: id('b'), size: '90', root: id('e') },
  'incident.close': { incident: id('b'), size: '90', root: id('e'), attests: [id('f')] },
  'blob.certificate': {
    blob: id('6'),
    totalBytes: '1073741824',
    committee: {
      network: id('7'),
      epoch: '3',
      profile: { n: 2, k: 1, f: 0, q: 2 },
      members: [signer.keyId, other.keyId],
    },
    packs: { count: '64', root: id('8') },
    leaseEnd: '29',
    signatures: [
      { node: signer.keyId, signature: 'ab'.repeat(64) },
      { node: other.keyId, signature: 'cd'.repeat(64) },
    ],
  },
  'checkpoint.cosigned': { origin: checkpoint.origin, size: '41', note: 'log.example/assay\n41\n…' },
  'view.root': {
    origin: checkpoint.origin,
    size: '41',
    rules: sha('1'),
    roots: { registry: id('2'), lineage: id('3') },
  },
  'rules.activate': { rules: sha('1'), nonce },
  'parameters.set': { name: 'max-decision-age', value: '30', nonce },
  'log.succeed': { previous: checkpoint },
  'payload.erase': { record: id('4'), fields: ['input', 'output'] },
};
