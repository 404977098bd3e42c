/** T3: CPU of reading and verifying one voucher, our verifier with the native curve, against viem's recovery of typed data. */
import { type PaymentRequirement, readPayment, verifyPayment } from '@assay/pay';
import { loadSecp256k1 } from '@assay/pay/node';
import { recoverTypedDataAddress } from 'viem';
import { percentile } from '../gateway/percentile.ts';

/** Microseconds of CPU per verification, the middle round of each; and the middle of the rounds' ratios. */
export interface VerifyCpu {
  readonly ours: number;
  readonly viem: number;
  readonly ratio: number;
  readonly rounds: number;
}

const ROUNDS = 25;
const OURS = 400;
const VIEM = 40;

/** Measures both over the same payment, in turns: what the machine does besides hits both. */
export async function verifyCpu(header: string, offer: PaymentRequirement): Promise<VerifyCpu> {
  const curve = loadSecp256k1((line) => console.log(line));
  const channel = { balance: 10n ** 12n, totalClaimed: 0n, withdrawRequestedAt: 0 };
  const now = Math.floor(Date.now() / 1_000);
  const payment = readPayment(header);
  if (payment.scheme !== 'batch-settlement') throw new TypeError('a voucher is measured');
  const requirement = { ...offer, amount: payment.accepted.amount };
  const { order: _, ...voucherOnly } = payment;
  const ours = (): void => {
    readPayment(header);
    verifyPayment(voucherOnly, { requirement, channel, now, curve });
  };
  const { channelId, maxClaimableAmount, signature } = payment.payload.voucher;
  const viem = () =>
    recoverTypedDataAddress({
      domain: {
        name: 'x402 Batch Settlement',
        version: '1',
        chainId: 31_337,
        verifyingContract: '0x4020074e9dF2ce1deE5A9C1b5c3f541D02a10003',
      },
      types: {
        Voucher: [
          { name: 'channelId', type: 'bytes32' },
          { name: 'maxClaimableAmount', type: 'uint128' },
        ],
      },
      primaryType: 'Voucher',
      message: {
        channelId: channelId as `0x${string}`,
        maxClaimableAmount: BigInt(maxClaimableAmount),
      },
      signature: signature as `0x${string}`,
    });
  await cpuOf(OURS * 5, ours);
  await cpuOf(VIEM * 5, viem);
  const rounds: { readonly ours: number; readonly viem: number }[] = [];
  for (let i = 0; i < ROUNDS; i++)
    rounds.push({ ours: await cpuOf(OURS, ours), viem: await cpuOf(VIEM, viem) });
  const middle = (values: readonly number[]): number => percentile(values, 0.5);
  return {
    ours: middle(rounds.map((round) => round.ours)),
    viem: middle(rounds.map((round) => round.viem)),
    ratio: middle(rounds.map((round) => round.ours / round.viem)),
    rounds: ROUNDS,
  };
}

async function cpuOf(count: number, work: () => unknown): Promise<number> {
  const before = process.cpuUsage();
  for (let i = 0; i < count; i++) await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / count;
}
