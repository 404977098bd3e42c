/** A wallet's deposits in the network's token, as the chain's events tell them: also those that earlier builds made on other terms. */
import type { Deposit } from '@assay/sdk';
import { CliError } from '../cli-error.ts';
import type { Session } from '../session.ts';
import { bookClient, moneyOf } from './report.ts';

/** In the order in which their payment channels were opened. @throws CliError `chain` when it does not answer */
export async function depositsIn(session: Session): Promise<readonly Deposit[]> {
  const { rpc, token, deployedAt } = moneyOf(session);
  const from = deployedAt === undefined ? {} : { fromBlock: deployedAt };
  try {
    return await bookClient(session).payments.deposits({ token: token.address, ...from });
  } catch (cause) {
    throw new CliError('chain', {
      what: `the chain cannot tell what is deposited: ${cause instanceof Error ? cause.message : String(cause)}`,
      where: rpc,
      fix: 'See that it is up: DIR/logs/chain.log.',
      cause,
    });
  }
}
