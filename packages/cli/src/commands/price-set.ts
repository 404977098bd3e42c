/** `assay price set`: publishes, signed by the gateway, what an answer of a model costs there. */
import { hex } from '@assay/core';
import { CliError } from '../cli-error.ts';
import { networkCommand } from '../command.ts';
import { asText, WAIT_FLAG, type WaitFlags } from '../flags.ts';
import { findModel } from '../names/models.ts';
import { clean } from '../report.ts';
import { asAmount, atomicOf } from '../wallet/flags.ts';
import { moneyOf } from '../wallet/report.ts';

interface SetFlags extends WaitFlags {
  readonly perRequest: string;
  readonly perInputKib: string;
  readonly perOutputKib: string;
  readonly feePercent: number;
}

const amountFlag = <D extends string>(brief: string, value: D) =>
  ({ kind: 'parsed', parse: asAmount, brief, default: value, placeholder: 'AMOUNT' }) as const;

export const priceSet = networkCommand<SetFlags, [model: string]>({
  brief: 'Publish what an answer of a model costs at the gateway',
  examples: [
    'price set sp500-vol --per-request 0.001',
    'price set sp500-vol --per-request 0.001 --fee-percent 5',
  ],
  flags: {
    ...WAIT_FLAG,
    perRequest: amountFlag('Whole tokens per request', '0'),
    perInputKib: amountFlag('Whole tokens per begun KiB of input', '0'),
    perOutputKib: amountFlag('Whole tokens per begun KiB of output', '0'),
    feePercent: {
      kind: 'parsed',
      parse: asPercent,
      brief: "The gateway's share of each charge; the rest is the node's",
      default: '5',
      placeholder: 'PERCENT',
    },
  },
  args: { kind: 'tuple', parameters: [{ brief: 'Model', parse: asText, placeholder: 'MODEL' }] },
  async run(session, flags, modelName) {
    const money = moneyOf(session);
    const { registry } = await session.timeline();
    const model = findModel(registry, modelName);
    const as = session.signatory('owner', 'gateway');
    if (registry.participants.get(as.identity.keyId)?.roles.includes('gateway') !== true) {
      throw new CliError('not-allowed', {
        what: `${as.name} is not a gateway that has joined`,
        fix: 'Sign with the key of the gateway whose price this is (--key).',
      });
    }
    const { decimals, symbol } = money.token;
    const logged = await session.publish(
      'price.publish',
      {
        model: model.name,
        network: money.network,
        asset: money.token.address,
        vault: money.vault,
        receiverAuthorizer: money.receiverAuthorizer,
        perRequest: String(atomicOf(flags.perRequest, decimals)),
        perInputKib: String(atomicOf(flags.perInputKib, decimals)),
        perOutputKib: String(atomicOf(flags.perOutputKib, decimals)),
        feeBps: Math.round(flags.feePercent * 100),
        nonce: hex(session.context.entropy.bytes(16)),
      },
      { as, wait: flags.wait },
    );
    return clean({ ...logged, model: model.name }, [
      `an answer of ${model.shortName} costs ${flags.perRequest} ${symbol}, and ${flags.perInputKib} and ${flags.perOutputKib} per begun KiB of input and output`,
      `entry ${logged.index}; record ${logged.id}`,
    ]);
  },
});

function asPercent(text: string): number {
  const percent = Number(text);
  if (/^[0-9]{1,3}(\.[0-9]{1,2})?$/.test(text) && percent <= 100) return percent;
  throw new CliError('usage', {
    what: `"${text.slice(0, 20)}" is not a percentage`,
    fix: 'Write it like 5 or 2.5.',
  });
}
