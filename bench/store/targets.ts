/** The targets T1–T12 of the storage design, each held against what was measured: met, not met, or not run. */

export interface Target {
  readonly id: string;
  readonly what: string;
  readonly asked: string;
  readonly value: number | undefined;
  readonly met: boolean | undefined;
  /** Why it was not run, or what to know of the value. */
  readonly note?: string;
}

interface Bound {
  readonly id: string;
  readonly what: string;
  readonly atLeast?: number;
  readonly atMost?: number;
  readonly note?: string;
}

/** Holds a value against its bound; undefined was not run. */
export function target({ id, what, atLeast, atMost, note }: Bound, value: number | undefined): Target {
  const asked = atLeast === undefined ? `≤ ${atMost}` : `≥ ${atLeast}`;
  const known = value === undefined || Number.isNaN(value) ? undefined : value;
  const met =
    known === undefined ? undefined : atLeast === undefined ? known <= (atMost ?? NaN) : known >= atLeast;
  return { id, what, asked, value: known, met, ...(note === undefined ? {} : { note }) };
}

export function lineOf({ id, what, asked, value, met, note }: Target): string {
  const told = value === undefined ? 'not run' : `${value.toFixed(2)} (${asked}: ${met ? 'met' : 'NOT MET'})`;
  return `${id.padEnd(4)} ${what}: ${told}${note === undefined ? '' : `; ${note}`}`;
}
