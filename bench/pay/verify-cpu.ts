/** CPU of verifying one voucher: our verifier with the native curve, against viem's recovery of typed data. */
import { readPayment, verifyPayment, type PaymentRequirement } from '@assay/pay';
import { loadSecp256k1 } from '@assay/pay/node';
import { recoverTypedDataAddress } from 'viem';

/** Microseconds of CPU per verification. */
export interface VerifyCpu {
  readonly ours: number;
  readonly viem: number;
}

/** Measures both over the same payment. */
export async function verifyCpu(header: string, offer: PaymentRequirement): Promise<VerifyCpu> {
  const curve = loadSecp256k1((line) => console.log(line));
  const channel = { balance: 10n ** 12n, totalClaimed: 0n, withdrawRequestedAt: 0 };
  const now = Math.floor(Date.now() / 1_000);
  const payment = readPayment(header);
  if (payment.scheme !== 'batch-settlement') throw new TypeError('a voucher is measured');
  const requirement = { ...offer, amount: payment.accepted.amount };
  const { order: _, ...voucherOnly } = payment;
  const ours = await cpuOf(2_000, () => {
    readPayment(header);
    verifyPayment(voucherOnly, { requirement, channel, now, curve });
  });
  const { channelId, maxClaimableAmount, signature } = payment.payload.voucher;
  const viem = await cpuOf(200, () =>
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
    }),
  );
  return { ours, viem };
}

/** The least of three rounds: CPU time, so that a busy machine counts little. */
async function cpuOf(count: number, work: () => unknown): Promise<number> {
  let least = Infinity;
  for (let round = 0; round < 3; round++) {
    const before = process.cpuUsage();
    for (let i = 0; i < count; i++) await work();
    const { user, system } = process.cpuUsage(before);
    least = Math.min(least, (user + system) / count);
  }
  return least;
}
