/** `assay withdraw`: the owner takes a version out of service for good, pins included (PROTOCOL 5.2). */
import type { Predicate } from '@assay/core';
import { networkCommand } from '../command.ts';
import { privateNote } from '../content/private-notes.ts';
import { asText, WAIT_FLAG, type WaitFlags } from '../flags.ts';
import { shortChannel } from '../names/channels.ts';
import { findVersion, nameOfVersion } from '../names/models.ts';
import { nameOfParticipant } from '../names/participants.ts';
import { clean } from '../report.ts';

interface WithdrawFlags extends WaitFlags {
  readonly because?: string;
}

export const withdraw = networkCommand<WithdrawFlags, [version: string]>({
  brief: 'Withdraw a version: nodes drain it, and refuse it even to requests that pin it',
  examples: ['withdraw v2', 'withdraw sp500-vol@v2 --because "two input columns are swapped"'],
  flags: {
    ...WAIT_FLAG,
    because: {
      kind: 'parsed',
      parse: asText,
      brief: 'Why, in words; the log holds only a commitment to them',
      optional: true,
      placeholder: 'TEXT',
    },
  },
  args: {
    kind: 'tuple',
    parameters: [{ brief: 'Version: label, model@label or digest', parse: asText, placeholder: 'VERSION' }],
  },
  async run(session, { because, wait }, name) {
    const { registry } = await session.timeline();
    const { digest, model } = findVersion(registry, name);
    const note = because === undefined ? undefined : privateNote('note', because, session.context.entropy);
    const predicate: Predicate<'version.withdraw'> = {
      model,
      version: digest,
      ...(note === undefined ? {} : { because: note.commitment }),
    };
    const { id, index } = await session.publish('version.withdraw', predicate, {
      as: session.signatory('owner'),
      wait,
      note,
    });
    const channels = [...registry.channels.all].filter(({ decisions }) => decisions.at(-1)?.to[digest]);
    const holders = [...registry.leases.open].filter(({ version }) => version === digest);
    const label = nameOfVersion(registry, digest);
    return clean({ id, index, ...predicate, channels: channels.map((channel) => channel.name) }, [
      `${label} is withdrawn by ${id} at index ${index}; nodes obey at once`,
      ...holders.map(({ node }) => `  ${nameOfParticipant(registry, node)} still holds it, and has to drain`),
      ...channels.map((channel) => {
        const named = shortChannel(channel.name);
        return `  ${named} still points at it and answers nobody there: npx assay rollback ${named} --to VERSION`;
      }),
    ]);
  },
});
