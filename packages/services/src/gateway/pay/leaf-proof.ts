/** Asks the settler for a charge's proof in its batch: the settler folds money, and a gateway only skims it. */
import { addressOfPaymentKey } from '@assay/core/money';
import type { Registry } from '@assay/views';

/** Whom to ask: the settler of the gateway's money, wherever it says that it is. */
export interface LeafProofSource {
  readonly registry: Registry;
  /** The settler's address: who claims on this gateway's payment channels. */
  readonly settler: string;
  /** Told of a settler that gave none. */
  readonly onRefusal: (url: string, reason: unknown) => void;
}

const TIMEOUT_MS = 5_000;

/**
 * Siblings from a charge's leaf to its batch's root; undefined when the settler gives none. Nothing of it is checked here:
 * whoever asked recomputes the root, and a wrong proof does not lead there.
 */
export async function leafProof(receipt: string, source: LeafProofSource): Promise<unknown> {
  const { registry, settler, onRefusal } = source;
  for (const { roles, paymentKey, endpoints, leftAt } of registry.participants.all) {
    const [url] = endpoints;
    const isIt =
      leftAt === undefined && roles.includes('settler') && addressOfPaymentKey(paymentKey) === settler;
    if (!isIt || url === undefined) continue;
    try {
      const signal = AbortSignal.timeout(TIMEOUT_MS);
      const response = await fetch(`${url}/assay/v1/charges/${receipt}`, { signal });
      if (response.ok) return ((await response.json()) as { proof?: unknown }).proof;
      onRefusal(url, `${response.status}`);
    } catch (error) {
      onRefusal(url, error);
    }
  }
  return undefined;
}
