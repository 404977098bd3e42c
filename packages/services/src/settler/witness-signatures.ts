/** Asks witnesses for their payment keys' signatures over a checkpoint that they have cosigned (specs/serving.md §5). */

/** Whom, and for which contracts. */
export interface AnchorAsked {
  readonly urls: readonly string[];
  readonly chainId: number;
  readonly vault: string;
  /** Told of witnesses that did not sign. */
  readonly onRefusal: (url: string, reason: unknown) => void;
}

const TIMEOUT_MS = 5_000;

/** The signatures of those that gave one. Whose they are, and whether they are enough, is judged elsewhere. */
export async function anchorSignatures(
  note: Uint8Array,
  { urls, chainId, vault, onRefusal }: AnchorAsked,
): Promise<string[]> {
  const asked = urls.map(async (url) => {
    try {
      return [await ask(`${url}/assay/v1/anchor-signature?chain=${chainId}&vault=${vault}`, note)];
    } catch (error) {
      onRefusal(url, error);
      return [];
    }
  });
  return (await Promise.all(asked)).flat();
}

async function ask(url: string, note: Uint8Array): Promise<string> {
  const response = await fetch(url, {
    method: 'POST',
    body: new Uint8Array(note),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${response.status}: ${text.slice(0, 300)}`);
  return String((JSON.parse(text) as { signature?: unknown }).signature);
}
