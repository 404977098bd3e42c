/** Payments made by the official client packages, offline: what a stranger's wallet sends us. */
import { x402Client } from '@x402/core/client';
import { encodePaymentSignatureHeader } from '@x402/core/http';
import { BatchSettlementEvmScheme } from '@x402/evm/batch-settlement/client';
import { ExactEvmScheme } from '@x402/evm/exact/client';
import { getAddress } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import type { PaymentRequired, PaymentRequirement } from '../src/index.ts';

export const NOW = Math.floor(Date.now() / 1_000);
export const wallet = privateKeyToAccount(`0x${'07'.repeat(32)}`);
export const session = privateKeyToAccount(`0x${'08'.repeat(32)}`);
/** Checksummed, as strangers write them. */
export const VAULT = getAddress(`0x${'b'.repeat(40)}`);
export const TOKEN = getAddress(`0x${'a'.repeat(40)}`);
const NETWORK = 'eip155:31337';

const common = {
  network: NETWORK,
  amount: '2000',
  asset: TOKEN,
  payTo: VAULT,
  maxTimeoutSeconds: 300,
} as const;

export const exactOffer: PaymentRequirement = {
  ...common,
  scheme: 'exact',
  extra: { name: 'Simulated USD', version: '1' },
};
export const batchOffer: PaymentRequirement = {
  ...common,
  scheme: 'batch-settlement',
  extra: {
    name: 'Simulated USD',
    version: '1',
    receiverAuthorizer: getAddress(`0x${'c'.repeat(40)}`),
    withdrawDelay: 86_400,
    minDeposit: '100000',
  },
};

export const offers = (accepts: PaymentRequirement[], extensions = {}): PaymentRequired => ({
  x402Version: 2,
  resource: { url: 'http://127.0.0.1:7400/v2/models/sp500-vol/infer' },
  accepts,
  extensions,
});

/** A client that pays from a wallet that may spend our token, with a session key for vouchers. */
export function officialClient(): x402Client {
  return new x402Client()
    .setSpendControls({
      allowedAssets: [{ network: NETWORK, asset: TOKEN, maxAmountPerPayment: '1000000' }],
    } as never)
    .register(NETWORK, new ExactEvmScheme(wallet))
    .register(
      NETWORK,
      new BatchSettlementEvmScheme(
        { ...wallet, readContract: async () => [0n, 0n] } as never,
        {
          voucherSigner: session,
          payerAuthorizer: session.address,
        } as never,
      ),
    );
}

/** The header that the official client sends for `required`. */
export async function officialHeader(required: PaymentRequired): Promise<string> {
  return encodePaymentSignatureHeader(await officialClient().createPaymentPayload(required as never));
}
