/** The client: asks, checks what comes back, and follows it into the log. Runs in browsers and on Node. */
import { freshId } from '@assay/core';
import { checkAnswer } from './check-answer.ts';
import { SdkError } from './errors.ts';
import { firstAnswer } from './failover.ts';
import { type Gateway, refused } from './gateway.ts';
import { Inference } from './inference.ts';
import { trustedNode } from './nodes.ts';
import { decodeAnswer, errorSentence, HEADER_LENGTH } from './oip.ts';
import { type AssayOptions, type Settings, settingsOf } from './options.ts';
import { followProof, type ProvenReceipt } from './proof.ts';
import { type Ask, prepare, type Question } from './question.ts';
import { type Named, readTerms, type Terms } from './terms.ts';

/** How long a proof is followed before it is given up, in milliseconds. */
const PROOF_MS = 60_000;
/** How long terms are remembered: a price or a decision that moved meanwhile is told with the answer. */
const TERMS_MS = 30_000;

/**
 * Asks models through gateways.
 *
 * @example
 * ```ts
 * import { Assay } from '@assay/sdk';
 *
 * const assay = new Assay({ gateway: 'http://127.0.0.1:7400', policy });
 * const answer = await assay.infer({ model: 'sp500-vol', inputs: { features: [[1.2, 1.1, 1.3, 0.4]] } });
 * answer.values();        // [13.7]
 * await answer.proof();   // in the log, and witnessed
 * ```
 */
export class Assay {
  readonly #settings: Settings;
  readonly #terms = new Map<string, { readonly until: number; readonly terms: Promise<Terms> }>();

  /** @throws SdkError `usage`; PolicyError */
  constructor(options: AssayOptions) {
    this.#settings = settingsOf(options);
  }

  /**
   * Asks a model and gives the answer once its receipt holds. Asking again with the same id gives the same answer.
   *
   * @throws SdkError; AssayError of whatever did not verify
   */
  async infer(ask: Ask): Promise<Inference> {
    const { gateways, entropy } = this.#settings;
    const id = ask.id ?? freshId(entropy);
    const questions = new Map<Gateway, Promise<Question>>();
    const inference = await firstAnswer(
      gateways,
      async (gateway) => {
        // Salts and terms are fixed at the first try, so that a retry is the same request.
        const question = questions.get(gateway) ?? this.#question(gateway, ask, id);
        questions.set(gateway, question);
        question.catch(() => questions.delete(gateway));
        return this.#answer(gateway, await question);
      },
      this.#settings,
    );
    if (this.#settings.followProofs) inference.proof().catch(() => undefined);
    return inference;
  }

  /** What a model's answers are asked and paid by, at the first gateway that tells. @throws SdkError */
  terms(named: Named): Promise<Terms> {
    return firstAnswer(this.#settings.gateways, (gateway) => this.#termsOf(gateway, named), this.#settings);
  }

  async #question(gateway: Gateway, ask: Ask, id: string): Promise<Question> {
    const { entropy, client, key } = this.#settings;
    const terms = await this.#termsOf(gateway, ask);
    return prepare(ask, terms, { client: ask.client ?? client ?? 'anonymous', id, entropy, key });
  }

  async #answer(gateway: Gateway, question: Question): Promise<Inference> {
    const { policy, participants } = this.#settings;
    const where = gateway.url + question.path;
    const reply = await gateway.call(question.path, { method: 'POST', ...question.message });
    if (reply.status === 402) throw unpaid(where, errorSentence(reply.body));
    if (reply.status !== 200) throw refused(where, reply);
    const answer = decodeAnswer(reply.body, reply.headers.get(HEADER_LENGTH), where);
    const checked = checkAnswer(answer, question, policy);
    await trustedNode(checked.node, gateway, participants);
    return new Inference({
      checked,
      outputs: answer.outputs,
      gateway: gateway.url,
      prove: () => this.#prove(checked.id, checked.entry),
    });
  }

  #prove(id: string, entry: Uint8Array): Promise<ProvenReceipt> {
    return followProof(id, entry, { ...this.#settings, timeoutMs: PROOF_MS });
  }

  #termsOf(gateway: Gateway, { model, channel, version }: Named): Promise<Terms> {
    const now = this.#settings.clock.now();
    const key = JSON.stringify([gateway.url, model, channel, version]);
    const known = this.#terms.get(key);
    if (known !== undefined && known.until > now) return known.terms;
    const terms = readTerms(gateway, { model, channel, version });
    this.#terms.set(key, { until: now + TERMS_MS, terms });
    terms.catch(() => this.#terms.delete(key));
    return terms;
  }
}

const unpaid = (where: string, sentence: string): SdkError =>
  new SdkError('no-wallet', {
    what: `the answer costs money, and this client has no wallet; the gateway says: ${sentence}`,
    where,
    fix: 'Give the client a wallet: new Assay({ …, wallet, budget }).',
  });
