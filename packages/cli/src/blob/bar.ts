/** The bar of an upload as text: certified bytes, then what is in flight as a ghost, then what is missing. */
import type { ProgressView } from '@assay/storage';

export interface BarStyle {
  /** Cells of the bar. */
  readonly width: number;
  readonly color: boolean;
}

/** Bytes that a quorum has signed for: all that the bar may count. */
export const safeBytes = ({ certified, reused }: ProgressView): number => certified + reused;

/** Percent with one decimal, rounded down; 100 only when sealed, whatever the bytes say. */
export function percent(view: ProgressView): string {
  if (view.sealed) return '100';
  const tenths = view.total === 0 ? 0 : Math.floor((1_000 * safeBytes(view)) / view.total);
  return (Math.min(999, tenths) / 10).toFixed(1);
}

/** The bar alone. Rounding never shows a cell as safe that is not wholly so. */
export function bar(view: ProgressView, { width, color }: BarStyle): string {
  const cells = (bytes: number): number => Math.floor((width * bytes) / Math.max(1, view.total));
  const safe = view.sealed ? width : cells(safeBytes(view));
  const ghost = Math.min(width, Math.max(safe, cells(safeBytes(view) + view.inFlight))) - safe;
  const parts = ['█'.repeat(safe), '▒'.repeat(ghost), '░'.repeat(width - safe - ghost)];
  if (!color) return parts.join('');
  const [green, dim, off] = ['\u001b[32m', '\u001b[2m', '\u001b[0m'];
  return `${green}${parts[0]}${off}${dim}${parts[1]}${parts[2]}${off}`;
}

/** The bar with its numbers. `rate` in bytes per second, undefined while there is none. */
export function barLine(view: ProgressView, rate: number | undefined, style: BarStyle): string {
  const { of, unit } = amountsIn(view.total);
  const amount = `${of(safeBytes(view))} of ${of(view.total)} ${unit} certified`;
  return `${bar(view, style)} ${percent(view)} %  ${amount}${pace(view, rate)}`;
}

function pace(view: ProgressView, rate: number | undefined): string {
  if (view.sealed) return '';
  if (safeBytes(view) === view.total) return ' · waiting for the certificate';
  if (rate === undefined) return ' · no estimate';
  const left = Math.ceil((view.total - safeBytes(view)) / rate);
  return ` · ${mebibytes(rate)} MiB/s · ${duration(left)} left`;
}

/** How amounts of a whole of `total` bytes are told: small files in units in which they are not nothing. */
function amountsIn(total: number): { readonly of: (bytes: number) => string; readonly unit: string } {
  if (total < 2 ** 10) return { of: String, unit: 'bytes' };
  if (total < 2 ** 20) return { of: (bytes) => mebibytes(bytes * 2 ** 10), unit: 'KiB' };
  return { of: mebibytes, unit: 'MiB' };
}

/** 1.5, 12, 1024. */
export function mebibytes(bytes: number): string {
  const value = bytes / 2 ** 20;
  return value < 10 ? value.toFixed(1) : String(Math.floor(value));
}

function duration(seconds: number): string {
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.ceil(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
