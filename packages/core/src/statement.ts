/** A statement: an in-toto Statement v1 whose predicate is one of our catalogue's. */
import { sha256Hex, type Signer } from '#platform';
import { fromUtf8, utf8 } from './bytes.ts';
import { type Envelope, parseEnvelope, type Sealed, sealEnvelope, verifyEnvelope } from './dsse.ts';
import { AssayError } from './errors.ts';
import { canonicalJson, parseJsonText } from './json.ts';
import { type CanonicalPattern, canonicalPattern } from './statements/canonical-pattern.ts';
import { declaredKeys, type Kind, KINDS, type Predicate, schemaOf } from './statements/catalogue.ts';

const STATEMENT_TYPE = 'https://in-toto.io/Statement/v1';
const PREDICATE = 'https://assay.network/statement/';

/** A payload that is not a statement, or not one that this version knows. */
export class StatementError extends AssayError<'schema' | 'unknown-predicate' | 'subject' | 'too-large'> {}

/** The largest entry a log admits (PROTOCOL 2.3), in bytes. */
export const MAX_ENTRY_BYTES = 16_384;

/** One statement, its predicate typed by its kind. */
export type Statement = {
  readonly [K in Kind]: { readonly kind: K; readonly predicate: Predicate<K> };
}[Kind];

/** A statement as it was signed. */
export type SignedStatement = Statement & {
  /** Record id (PROTOCOL 1.1). */
  readonly id: string;
  /** Key id of the one signer. */
  readonly signer: string;
  /** Declared dedupe keys (PROTOCOL 1.2). */
  readonly keys: readonly string[];
};

/** A statement as a view sees it: signed, and at a position in a log. */
export type LogRecord = SignedStatement & { readonly index: number };

/** The type URI of a kind; it only identifies, nothing is fetched from it. */
export const predicateType = (kind: Kind): string => `${PREDICATE}${kind}/v1`;

const kindOf = new Map<string, Kind>(KINDS.map((kind) => [predicateType(kind), kind]));

/**
 * The in-toto subject of a statement. Our predicates name what they are about, so the subject is computed: the digest
 * of the canonical predicate. It is there for in-toto tools, and can never disagree with the predicate.
 */
function subjectOf(
  kind: Kind,
  canonicalPredicate: string,
): readonly { name: string; digest: { sha256: string } }[] {
  return [{ name: kind, digest: { sha256: sha256Hex(utf8(canonicalPredicate)) } }];
}

/**
 * Signs a statement and returns the entry's exact bytes.
 *
 * @throws StatementError `schema` when the predicate breaks its schema, `too-large` beyond 16 KiB
 */
export function signStatement<K extends Kind>(kind: K, predicate: Predicate<K>, signer: Signer): Uint8Array {
  return sealStatement(kind, predicate, signer).entry;
}

/** `signStatement`, with the record id that the entry has. */
export function sealStatement<K extends Kind>(kind: K, predicate: Predicate<K>, signer: Signer): Sealed {
  const { head, middle, last } = frameOf(kind);
  const text = predicateText(kind, predicate);
  const sealed = sealEnvelope(utf8(`${head}${text}${middle}${sha256Hex(utf8(text))}${last}`), signer);
  assertSize(sealed.entry);
  return sealed;
}

/** The canonical text of a predicate that fits its schema. */
function predicateText(kind: Kind, predicate: unknown): string {
  let text: string;
  try {
    text = canonicalJson(predicate);
  } catch (error) {
    // What JSON cannot carry mostly breaks the schema too, and the schema's words name the member.
    checkSchema(kind, predicate);
    throw error;
  }
  if (frameOf(kind).pattern?.(text) !== true) checkSchema(kind, predicate);
  return text;
}

/**
 * Opens an entry: envelope, signature, schema. The result can be trusted to be what its signer signed; whether the
 * signer was allowed to is the registry's question.
 *
 * @throws EnvelopeError, EncodingError, StatementError
 */
export function openStatement(entry: Uint8Array): SignedStatement {
  assertSize(entry);
  const envelope = parseEnvelope(entry);
  const statement = readStatement(envelope);
  verifyEnvelope(envelope);
  return statement;
}

/** `openStatement` without the signature check: for entries whose signature has been checked before. */
export function readEntry(entry: Uint8Array): SignedStatement {
  return readStatement(parseEnvelope(entry));
}

/** Reads an envelope's payload as a statement. @throws StatementError, EncodingError */
export function readStatement(envelope: Envelope): SignedStatement {
  const text = fromUtf8(envelope.payload);
  return readCanonical(text, envelope) ?? readAny(text, envelope);
}

/** What stands around the predicate in a canonical payload, and what tells a canonical predicate by its text. */
interface Frame {
  readonly kind: Kind;
  readonly head: string;
  readonly middle: string;
  readonly last: string;
  readonly pattern: CanonicalPattern | undefined;
}

const frames = new Map<string, Frame>();

function frameOf(kind: Kind): Frame {
  const known = frames.get(kind);
  if (known !== undefined) return known;
  const frame = {
    kind,
    head: `{"_type":"${STATEMENT_TYPE}","predicate":`,
    middle: `,"predicateType":"${predicateType(kind)}","subject":[{"digest":{"sha256":"`,
    last: `"},"name":"${kind}"}]}`,
    pattern: canonicalPattern(schemaOf(kind)),
  };
  frames.set(kind, frame);
  return frame;
}

/**
 * Reads the one spelling that `signStatement` writes, in one pass over its text. Undefined for any other spelling, and
 * for whatever is wrong: `readAny` has the words for it, and a statement read here is one that `readAny` accepts.
 */
function readCanonical(text: string, envelope: Envelope): SignedStatement | undefined {
  const name = text.slice(text.lastIndexOf('"', text.length - 5) + 1, -4);
  const kind = kindOf.get(`${PREDICATE}${name}/v1`);
  if (kind === undefined) return undefined;
  const { head, middle, last, pattern } = frameOf(kind);
  const digestAt = text.length - last.length - 64;
  const end = digestAt - middle.length;
  if (pattern === undefined || end < head.length) return undefined;
  if (!text.startsWith(head) || !text.startsWith(middle, end) || !text.endsWith(last)) return undefined;
  const predicate = text.slice(head.length, end);
  if (!pattern(predicate)) return undefined;
  // All of it is ASCII by now: characters are bytes.
  const digest = sha256Hex(envelope.payload.subarray(head.length, end));
  return text.startsWith(digest, digestAt) ? signedOf(kind, JSON.parse(predicate), envelope) : undefined;
}

function readAny(text: string, envelope: Envelope): SignedStatement {
  const value = parseJsonText(text) as Record<string, unknown> | null;
  if (value === null || typeof value !== 'object' || value._type !== STATEMENT_TYPE) {
    throw new StatementError('schema', {
      what: `the payload is not an in-toto Statement v1`,
      where: '_type',
    });
  }
  const kind = kindOf.get(value.predicateType as string);
  if (kind === undefined) {
    throw new StatementError('unknown-predicate', {
      what: `predicate type ${JSON.stringify(value.predicateType)} is not known here`,
      where: 'predicateType',
      fix: 'Use a newer Assay to read it; answers that would need it are marked incomplete.',
    });
  }
  checkSchema(kind, value.predicate);
  checkSubject(kind, value);
  return signedOf(kind, value.predicate, envelope);
}

function signedOf(kind: Kind, predicate: unknown, { id, keyId }: Envelope): SignedStatement {
  const keys = declaredKeys(kind, predicate as never, keyId);
  return { kind, predicate, id, signer: keyId, keys } as SignedStatement;
}

function checkSchema(kind: Kind, predicate: unknown): void {
  const result = schemaOf(kind).safeParse(predicate);
  if (result.success) return;
  const issue = result.error.issues[0];
  throw new StatementError('schema', {
    what: `${kind}: ${issue?.message ?? 'does not fit its schema'}`,
    where: ['predicate', ...(issue?.path ?? [])].join('.'),
  });
}

function checkSubject(kind: Kind, value: Record<string, unknown>): void {
  const extra = Object.keys(value).find((key) => !MEMBERS.has(key));
  if (extra !== undefined)
    throw new StatementError('schema', { what: `unknown member "${extra}"`, where: extra });
  if (canonicalJson(value.subject) !== canonicalJson(subjectOf(kind, canonicalJson(value.predicate)))) {
    throw new StatementError('subject', {
      what: 'the subject is not the digest of the predicate',
      where: 'subject',
    });
  }
}

const MEMBERS: ReadonlySet<string> = new Set(['_type', 'subject', 'predicateType', 'predicate']);

function assertSize(entry: Uint8Array): void {
  if (entry.length <= MAX_ENTRY_BYTES) return;
  throw new StatementError('too-large', {
    what: `an entry of ${entry.length} bytes is over the limit of ${MAX_ENTRY_BYTES}`,
    fix: 'Put the content into a blob and log its digest (PROTOCOL 4.5).',
  });
}
