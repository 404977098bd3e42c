/** What several serving processes need to know of money. */
export { PriceBooks } from './price-books.ts';
