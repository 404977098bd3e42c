/** The official server as a process of its own. Argument: the chain's URL, its id and the token, as JSON. */
import { startOfficialServer } from '../../packages/sdk/test/support/official-x402.ts';
import { chainOf } from './chain.ts';
import { answer } from './child.ts';

const server = await startOfficialServer(chainOf(process.argv[2]!), {
  amount: '1000',
  minDeposit: '5000000',
});
answer({ url: () => server.url, ran: (path: string) => server.ran(path) });
