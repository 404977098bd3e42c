/** Runs the README's program as a user would, and gives every line that it prints anywhere. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('readme-program.ts', import.meta.url));

/** Words of a layer that whoever asks for an answer need never see. */
export const MONEY_WORDS = /\b(fee|gas|nonce|signature|voucher|deposit|transaction)s?\b/i;

/** What it printed, output and errors together, and how it ended. @param secret of a wallet that holds tokens */
export async function runReadme(of: {
  readonly gateway: string;
  readonly policyFile: string;
  readonly secret: Uint8Array;
}): Promise<{ readonly lines: readonly string[]; readonly code: number | null }> {
  const args = [PROGRAM, of.gateway, of.policyFile, Buffer.from(of.secret).toString('hex')];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  const [code] = (await once(child, 'close')) as [number | null];
  return { lines: text.split('\n').filter((line) => line !== ''), code };
}
