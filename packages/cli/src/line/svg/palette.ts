/** Colours that stay apart for every kind of colour vision (after Okabe and Ito); shape says the same again. */
import type { LineVersion } from '../model.ts';

export const INK = '#1b1f24';
export const MUTED = '#5c6670';
export const RULE = '#d5dae0';
export const UNKNOWN = '#8a939c';

const BAD = ['#d55e00', '#e69f00', '#a34700'];
const GOOD = ['#3b7dab', '#8fbcd9', '#28587a', '#b9d3e4'];

/** A colour per version: warm for the incident's, cold for the others. */
export function versionColors(versions: readonly LineVersion[]): string[] {
  let [bad, good] = [0, 0];
  return versions.map((version) => {
    const [colors, at] = version.bad ? [BAD, bad++] : [GOOD, good++];
    return colors[at % colors.length] ?? UNKNOWN;
  });
}

/** How a mark in a state is filled and drawn. */
export interface StatePaint {
  readonly fill: string;
  readonly stroke: string;
}

const STATES: Readonly<Record<string, StatePaint>> = {
  open: { fill: '#ffffff', stroke: '#c8102e' },
  disputed: { fill: '#ffffff', stroke: '#8e3a80' },
  acknowledged: { fill: '#ffffff', stroke: '#b87a00' },
  rerun_different: { fill: '#f6c6cd', stroke: '#c8102e' },
  compensated: { fill: '#009e73', stroke: '#00694d' },
  accepted: { fill: '#8a939c', stroke: '#5c6670' },
  superseded: { fill: '#b8a4cf', stroke: '#77629a' },
  rerun_same: { fill: '#dcebf5', stroke: '#7fa3bd' },
  not_affected: { fill: '#eef2f5', stroke: '#a9b4be' },
};

/** Hollow red for what is open or unheard of; filled for what is settled. */
export const statePaint = (state: string): StatePaint =>
  STATES[state] ?? { fill: '#ffffff', stroke: '#c8102e' };
