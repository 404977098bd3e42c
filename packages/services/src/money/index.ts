/** What several serving processes need to know of money. */
export { PriceBooks, type PublishedPrice } from './price-books.ts';
