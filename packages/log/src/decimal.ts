/** ASCII decimals as the C2SP formats write them: no sign, no leading zero, one spelling for each number. */

/** The number that `text` spells, or undefined when it is not its one spelling or is not a safe integer. */
export function parseDecimal(text: string): number | undefined {
  if (!/^(?:0|[1-9][0-9]{0,15})$/.test(text)) return undefined;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : undefined;
}
