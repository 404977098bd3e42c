/** `assay erase`: has the private payloads of one's own requests deleted wherever they are kept. */
import type { LogRecord, Predicate } from '@assay/core';
import type { Timeline } from '@assay/views';
import { CliError } from '../cli-error.ts';
import { networkCommand } from '../command.ts';
import { asList, asText, WAIT_FLAG, type WaitFlags } from '../flags.ts';
import { findAnyRecord, shortId } from '../names/records.ts';
import { clean } from '../report.ts';

type Field = Predicate<'payload.erase'>['fields'][number];

interface EraseFlags extends WaitFlags {
  readonly fields: readonly Field[];
}

const FIELDS: readonly Field[] = ['request', 'input', 'output', 'act', 'note'];

export const erase = networkCommand<EraseFlags, [receipt: string]>({
  brief: "Have a request's private payload deleted by the nodes and gateways that keep it",
  examples: ['erase 9d04be21', 'erase 9d04be21 --fields input'],
  flags: {
    ...WAIT_FLAG,
    fields: {
      kind: 'parsed',
      parse: asFields,
      brief: 'What of it; the input takes the request along, which names its digest',
      default: 'request,input,output',
      placeholder: 'FIELD,FIELD',
    },
  },
  args: { kind: 'tuple', parameters: [{ brief: 'Receipt', parse: asText, placeholder: 'RECEIPT' }] },
  async run(session, { fields, wait }, name) {
    const timeline = await session.timeline();
    const record = findAnyRecord(timeline, name, ({ kind }) => kind === 'output.receipt');
    const as = session.signatory('agent');
    const erased = [];
    for (const target of sameRequest(timeline, record)) {
      const { id, index } = await session.publish(
        'payload.erase',
        { record: target, fields: [...fields] },
        { as, wait },
      );
      erased.push({ record: target, id, index });
    }
    return clean({ fields, erased }, [
      ...erased.map((each) => `${shortId(each.record)}: ${fields.join(', ')}; logged at index ${each.index}`),
      'nodes and gateways delete it, salts included, within seconds of reading this; no re-run can judge it any more',
      'the log keeps that there was a request, when, by whom, how large, and what was built on it',
    ]);
  },
});

/** A failover leaves a copy at each node that was tried: their receipts name one request of one client. */
function sameRequest(timeline: Timeline, record: LogRecord): string[] {
  if (record.kind !== 'output.receipt') return [record.id];
  const { id, client } = record.predicate.request;
  const ids: string[] = [];
  for (const each of timeline.records('output.receipt')) {
    const { request } = each.predicate;
    if (request.id === id && request.client === client) ids.push(each.id);
  }
  return ids;
}

function asFields(text: string): Field[] {
  return asList(text).map((name) => {
    const field = FIELDS.find((each) => each === name);
    if (field !== undefined) return field;
    throw new CliError('usage', { what: `"${name}" is no field`, fix: `Name some of ${FIELDS.join(', ')}.` });
  });
}
