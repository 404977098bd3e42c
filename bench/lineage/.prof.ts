import { load } from './load.ts';
import { World } from './world.ts';
import { choose, measureDrill } from './measure.ts';
const w = new World(1000000);
const { ledger } = load(w);
ledger.edges.compact();
const s = choose(w, ledger, 300000);
console.log(measureDrill(ledger, s));
console.log(measureDrill(ledger, s));
