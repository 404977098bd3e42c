/** `assay price show`: what a model's answers cost at the gateway, as it signed. */
import { networkCommand } from '../command.ts';
import { asText } from '../flags.ts';
import { clean } from '../report.ts';
import { bookClient, moneyText } from '../wallet/report.ts';

export const priceShow = networkCommand<object, [model: string]>({
  brief: 'Show what an answer of a model costs at the gateway',
  examples: ['price show sp500-vol'],
  flags: {},
  args: { kind: 'tuple', parameters: [{ brief: 'Model', parse: asText, placeholder: 'MODEL' }] },
  async run(session, _flags, model) {
    const price = await bookClient(session).priceOf({ model });
    if (price === undefined) return clean({ model, price: null }, [`answers of ${model} are free here`]);
    const { book, id } = price;
    const text = (amount: string): string => moneyText(session, amount);
    return clean({ model: book.model, priceBook: id, book }, [
      `${text(book.perRequest)} per request`,
      `${text(book.perInputKib)} per begun KiB of input, ${text(book.perOutputKib)} of output`,
      `of which the gateway keeps ${book.feeBps / 100} %`,
      `price book ${id}`,
    ]);
  },
});
