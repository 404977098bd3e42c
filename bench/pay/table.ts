/** The rows that the bench prints: each target with its figure, and whether it was met. */

/** One target of the list. */
export interface Row {
  readonly target: string;
  readonly figure: string;
  /** Undefined where it was not run. */
  readonly met: boolean | undefined;
}

/** Prints a row: `T3  met      …`. */
export function printRow({ target, figure, met }: Row): void {
  const state = met === undefined ? 'not run' : met ? 'met' : 'not met';
  console.log(`${target.padEnd(4)} ${state.padEnd(8)} ${figure}`);
}

/** `1/22` of a share. */
export const oneOver = (share: number): string =>
  Number.isFinite(share) && share > 0 ? `1/${(1 / share).toFixed(1)}` : String(share);
