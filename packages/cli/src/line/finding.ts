/** The picture's title: what was found, in words, computed from the same facts as the picture. */
import { clockOf, lengthText, type Range } from './clock-text.ts';
import type { LineConsequence } from './model.ts';
import type { LineSource, SourceRecord } from './source.ts';
import { badSpans } from './spans.ts';
import { isSettled } from './states.ts';

/** What the title is put together from. */
export interface FindingFacts {
  readonly source: LineSource;
  readonly range: Range;
  readonly consequences: readonly LineConsequence[];
  /** Outputs that bad versions made after the last rollback. */
  readonly stale: readonly SourceRecord[];
  /** Moment of the last rollback; absent when a bad version is still announced, or never was. */
  readonly rolledBackAt?: number;
}

/** `v2 was rolled back at 12:30:04. 23 consequences outlived it.` */
export function findingTitle(facts: FindingFacts): string {
  const { source, consequences, rolledBackAt } = facts;
  const what = nameOf(source);
  const certain = consequences.filter(({ standing }) => standing === 'affected').length;
  const count = `${certain} consequence${certain === 1 ? '' : 's'}`;
  if (rolledBackAt !== undefined) {
    const when = clockOf(facts.range)(rolledBackAt);
    const after = certain === 0 ? 'Nothing that is known outlived it.' : `${count} outlived it.`;
    return `${what} ${plural(source) ? 'were' : 'was'} rolled back at ${when}. ${after}`;
  }
  const rest = certain === 0 ? 'Nothing is known to stand on it.' : `${stand(count, certain)} on it.`;
  return `${what} ${announcement(source)}. ${rest}`;
}

/** The second line: who went on serving, what is open, what is only possible. */
export function findingDetail(facts: FindingFacts): string {
  const certain = facts.consequences.filter(({ standing }) => standing === 'affected');
  const possible = facts.consequences.length - certain.length;
  const open = certain.filter(({ state }) => !isSettled(state)).length;
  const sentences = [staleSentence(facts)];
  if (certain.length > 0) sentences.push(openSentence(open, certain.length, openElsewhere(facts, open)));
  if (possible > 0) sentences.push(`${possible} more ${possible === 1 ? 'is' : 'are'} possible.`);
  return sentences.filter((sentence) => sentence !== '').join(' ');
}

function staleSentence({ source, stale, rolledBackAt }: FindingFacts): string {
  if (rolledBackAt === undefined || stale.length === 0) return '';
  const nodes = [...new Set(stale.map(({ node }) => node ?? 'an unknown node'))];
  const who = nodes.length > 3 ? `${nodes.length} nodes` : joined(nodes);
  const last = stale.reduce((latest, { t }) => Math.max(latest, t), source.lastServed ?? rolledBackAt);
  const outputs = `${stale.length} output${stale.length === 1 ? '' : 's'}`;
  return `${who} went on serving ${nameOf(source)} for ${lengthText(last - rolledBackAt)} (${outputs}).`;
}

function openSentence(open: number, total: number, elsewhere: number): string {
  const rest = elsewhere === 0 ? '' : `, ${elsewhere} other record${elsewhere === 1 ? '' : 's'} in scope not`;
  if (open === 0) return `${total === 1 ? 'It is' : 'All are'} settled${rest}.`;
  if (open === total) return total === 1 ? 'It is open.' : 'All are open.';
  return `${open} of ${total} ${open === 1 ? 'is' : 'are'} open.`;
}

/** What the books hold open besides the consequences that the title counts: the bad outputs themselves. */
function openElsewhere({ source, consequences }: FindingFacts, open: number): number {
  const unsettled = source.books.filter(({ state }) => !isSettled(state));
  const possible = consequences.filter(
    (each) => each.standing === 'possible' && !isSettled(each.state),
  ).length;
  return Math.max(0, unsettled.reduce((sum, { count }) => sum + count, 0) - open - possible);
}

function announcement(source: LineSource): string {
  if (source.badVersions.length === 0) return `${plural(source) ? 'were' : 'was'} flagged`;
  const bad = new Set(source.badVersions);
  const spans = source.channels.map(({ name, steps }) => ({ name, spans: badSpans(steps, bad) }));
  const open = spans.filter((channel) => channel.spans.at(-1)?.to === undefined && channel.spans.length > 0);
  const be = plural(source) ? 'are' : 'is';
  if (open.length > 0) return `${be} still announced on ${joined(open.map(({ name }) => name))}`;
  return `${plural(source) ? 'were' : 'was'} never announced`;
}

const nameOf = (source: LineSource): string =>
  joined(
    source.badVersions.length > 0
      ? source.badVersions.map((digest) => source.labels.get(digest) ?? digest.slice(0, 15))
      : source.badNodes,
  );

const plural = ({ badVersions, badNodes }: LineSource): boolean =>
  (badVersions.length > 0 ? badVersions : badNodes).length > 1;

const stand = (count: string, n: number): string => `${count} ${n === 1 ? 'stands' : 'stand'}`;

function joined(words: readonly string[]): string {
  if (words.length < 2) return words[0] ?? 'Nothing';
  return `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}
