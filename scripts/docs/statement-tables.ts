/** The generated part of specs/statements.md: one section for each kind of statement, and the forms they are made of. */
import { AUTHORITY, declaredKeys, type Kind, KINDS, type Predicate, predicateType } from '@assay/core';
import { schemaOf } from '../../packages/core/src/statements/catalogue.ts';
import { fieldsOf, NAMED, spelledOut } from './describe-schema.ts';
import { type Commented, sourceComments } from './source-comments.ts';

/** Who may sign, in words (PROTOCOL 2.2). */
const SIGNERS: { readonly [A in (typeof AUTHORITY)[Kind]]: string } = {
  self: 'the joining key itself',
  joined: 'any joined key, with the weight that its part in the matter gives it',
  owner: "the model's owner, or a key that it granted",
  node: 'a joined key with the role `node`, for itself',
  gateway: 'a joined key with the role `gateway`, for itself',
  settler: 'a joined key with the role `settler`, for itself',
  'record-owner': 'the owner of the record it is about, or a handler that it authorised',
  client: 'the client that the receipt names; of any other record, its signer',
  operator: "the log's own key",
  opener: "the incident's opener, with the owner's endorsement",
};

/** Markdown of all kinds, in the order of the catalogue. */
export function statementSections(): string {
  const comments = sourceComments();
  return KINDS.map((kind) => sectionOf(kind, comments.get(constantOf(kind)))).join('\n\n');
}

/** Markdown of the forms that the sections name. */
export function formsTable(): string {
  const comments = sourceComments();
  const rows = Array.from(
    NAMED,
    ([schema, name]) => `| \`${name}\` | ${spelledOut(schema)} | ${comments.get(name)?.text ?? ''} |`,
  );
  return ['| form | written as | meaning |', '|---|---|---|', ...rows].join('\n');
}

function sectionOf(kind: Kind, comment: Commented | undefined): string {
  const rows = fieldsOf(schemaOf(kind)).map(({ path, form, required }) => {
    const note = comment?.members.get(path.split('.').at(-1) ?? '') ?? '';
    return `| \`${path}\` | ${form} | ${required ? 'yes' : 'no'} | ${note} |`;
  });
  const table =
    rows.length === 0
      ? ['The predicate is empty: `{}`.']
      : ['| member | form | required | |', '|---|---|---|---|', ...rows];
  return [
    `### ${kind}`,
    '',
    ...(comment === undefined ? [] : [comment.text, '']),
    `Type \`${predicateType(kind)}\` · signed by ${SIGNERS[AUTHORITY[kind]]} · ${uniqueness(kind)} · golden entry [\`vectors/statements/${kind}.json\`](../vectors/statements/${kind}.json)`,
    '',
    ...table,
  ].join('\n');
}

/** The declared keys of a kind as patterns: a predicate whose every member is its own name shows them. */
function uniqueness(kind: Kind): string {
  const keys = declaredKeys(kind, placeholder('') as Predicate<Kind>, '‹signer›');
  return keys.length === 0 ? 'no declared key' : `declared key ${keys.map((key) => `\`${key}\``).join(', ')}`;
}

/** Stands for the member at `path`: prints as its own name, and has members that do. */
function placeholder(path: string): object {
  return new Proxy(
    {},
    {
      get: (_, member) =>
        member === Symbol.toPrimitive
          ? () => `‹${path}›`
          : placeholder(path === '' ? String(member) : `${path}.${String(member)}`),
    },
  );
}

/** `participant.join` is the constant `participantJoin`. */
const constantOf = (kind: Kind): string =>
  kind.replaceAll(/\.(\w)/g, (_, letter: string) => letter.toUpperCase());
