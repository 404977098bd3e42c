/** `assay log mirror`: keeps a verified copy of a log, which any static server can serve and a log can be rebuilt from. */
import { hex } from '@assay/core';
import { diskFiles, Mirror, type Pulled } from '@assay/log/node';
import { networkCommand } from '../command.ts';
import { httpLogReader } from '../content/http-log-reader.ts';
import { asPositive, asText } from '../flags.ts';
import { clean } from '../report.ts';
import { untilStopped } from '../until-stopped.ts';

interface MirrorFlags {
  readonly to: string;
  readonly every?: number;
}

export const logMirror = networkCommand<MirrorFlags, []>({
  brief: 'Keep a verified copy of a log, to serve it elsewhere or to rebuild it from',
  examples: [
    'log mirror --to /srv/mirror',
    'log mirror --log https://log.example --policy my.policy --to mirror --every 60',
  ],
  flags: {
    to: {
      kind: 'parsed',
      parse: asText,
      brief: 'Folder of the mirror; serve its "public" as the log',
      placeholder: 'DIR',
    },
    every: {
      kind: 'parsed',
      parse: asPositive,
      brief: 'Go on until Ctrl-C, pulling this often',
      optional: true,
      placeholder: 'SECONDS',
    },
  },
  args: { kind: 'tuple', parameters: [] },
  async run(session, { to, every }) {
    const mirror = await Mirror.open(diskFiles(to), session.policy);
    const source = httpLogReader(session.log.url);
    const { stderr } = session.context.process;
    const pull = (): Promise<Pulled> => mirror.pull(source);
    let last = await pull();
    if (every !== undefined) {
      await untilStopped(every * 1_000, async () => {
        const pulled = await pull();
        if (pulled.size > last.size)
          stderr.write(`${pulled.size} entries, ${pulled.size - pulled.from} new\n`);
        last = pulled;
      });
    }
    const { size, root, from } = last;
    return clean({ folder: to, size, root: hex(root), new: size - from }, [
      `${size} entries, ${size - from} new, root ${hex(root)}: every byte verified, durable in ${to}`,
    ]);
  },
});
