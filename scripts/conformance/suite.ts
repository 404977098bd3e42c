/** Counting checks: each is a name and a function that throws, or does not, as the vector says it must. */

export class Suite {
  passed = 0;
  readonly failures: string[] = [];

  /** Counts `check` as passed if it returns. */
  accepts(name: string, check: () => void): void {
    const fault = faultOf(check);
    if (fault === undefined) this.passed++;
    else this.failures.push(`${name}: ${fault}`);
  }

  /** Counts `check` as passed if it throws. */
  refuses(name: string, check: () => void): void {
    if (faultOf(check) !== undefined) this.passed++;
    else this.failures.push(`${name}: accepted what must be refused`);
  }
}

/** Throws unless `holds`. */
export function must(holds: boolean, what: string): void {
  if (!holds) throw new Error(what);
}

function faultOf(check: () => void): string | undefined {
  try {
    check();
    return undefined;
  } catch (fault) {
    return fault instanceof Error ? fault.message : String(fault);
  }
}
