/** The entries as statements: signature, schema, authority, the checkpoints and view roots they carry. */
import {
  AssayError,
  EnvelopeError,
  type LogRecord,
  openStatement,
  type Predicate,
  StatementError,
  utf8,
} from '@assay/core';
import { type Checkpoint, openWitnessedCheckpoint } from '@assay/log';
import type { Secp256k1 } from '@assay/core/money';
import { KnownAtError, Money, RULES, Timeline, viewRootsAt } from '@assay/views';
import type { TrustMaterial } from '../trust.ts';
import { witnessedAt } from '../witnessed-at.ts';
import type { Finding, FindingCode, Findings } from './finding.ts';
import type { Leaves } from './leaves.ts';
import { compare } from './other-heads.ts';

interface LoggedCheckpoint {
  readonly index: number;
  readonly checkpoint: Checkpoint;
}

interface RecordFinding {
  readonly index: number;
  readonly code: FindingCode;
  readonly what: string;
}

/** Folds every entry into a timeline, and remembers what is wrong until it is known which entries are authentic. */
export class AuditedRecords {
  readonly timeline: Timeline;
  /** Folded only where money is audited: judging a charge costs three signatures. */
  readonly money: Money | undefined;
  readonly #trust: TrustMaterial;
  readonly #found: RecordFinding[] = [];
  readonly #checkpoints: LoggedCheckpoint[] = [];
  #viewRoots = 0;

  /** @param curve recovers who signed for money; without one money is not folded */
  constructor(trust: TrustMaterial, curve?: Secp256k1) {
    this.#trust = trust;
    this.timeline = new Timeline(witnessedAt(trust.policy));
    this.money = curve === undefined ? undefined : new Money(this.timeline.registry, curve);
  }

  /** Logged checkpoints that the policy accepts, and view roots that were recomputed. */
  get counts(): { readonly checkpoints: number; readonly viewRoots: number } {
    return { checkpoints: this.#checkpoints.length, viewRoots: this.#viewRoots };
  }

  /** Takes the entry at `index`, in order. */
  add(entry: Uint8Array, index: number): void {
    const record = this.#open(entry, index);
    if (record === undefined) {
      this.timeline.skip();
      return;
    }
    // A view root speaks of the log before it: judged before its own entry is folded in.
    if (record.kind === 'view.root' && record.signer === this.timeline.registry.operator) {
      this.#checkViewRoot(record.predicate, index);
    }
    if (this.timeline.apply(record) === undefined) this.money?.apply(record, entry);
    // Anybody's other claims are ignored as unauthorised; only the log's own must hold.
    if (record.kind === 'checkpoint.cosigned' && record.signer === this.timeline.registry.operator) {
      this.#checkCheckpoint(record.predicate, index);
    }
  }

  /**
   * Reports what was found, now that the leaves under the signed root are known.
   *
   * @param altered entries that are not those of the log: what they say is nobody's word
   */
  report(
    findings: Findings,
    head: Checkpoint,
    leaves: Leaves | undefined,
    altered: ReadonlySet<number>,
  ): void {
    for (const { index, code, what } of this.#found) {
      // An altered entry breaks the fold of all after it; only the alteration itself is a finding then.
      if (altered.has(index) || (code === 'view-root-mismatch' && altered.size > 0)) continue;
      findings.add(code, what, `entry ${index}`);
    }
    for (const { index, checkpoint } of this.#checkpoints) {
      if (!altered.has(index)) compare(checkpoint, `entry ${index}`, head, { leaves, findings });
    }
    if (altered.size > 0) return;
    const { ignored, equivocations } = this.timeline.registry;
    for (const { index, kind, reason } of ignored)
      findings.add('unauthorised', `${kind} is ignored: ${reason}`, `entry ${index}`);
    for (const { key, first, second, index } of equivocations) {
      findings.add('equivocation', `records ${first} and ${second} both claim "${key}"`, `entry ${index}`);
    }
  }

  #open(entry: Uint8Array, index: number): LogRecord | undefined {
    try {
      return { ...openStatement(entry), index };
    } catch (cause) {
      if (!(cause instanceof AssayError)) throw cause;
      this.#found.push({ index, code: codeOf(cause), what: cause.what });
      return undefined;
    }
  }

  #checkCheckpoint({ note, origin, size }: Predicate<'checkpoint.cosigned'>, index: number): void {
    try {
      const { checkpoint } = openWitnessedCheckpoint(utf8(note), this.#trust.policy);
      if (checkpoint.origin !== origin || String(checkpoint.size) !== size) {
        this.#found.push({
          index,
          code: 'logged-checkpoint',
          what: `the note is not of size ${size} of ${origin}`,
        });
      } else if (checkpoint.size > index) {
        this.#found.push({
          index,
          code: 'logged-checkpoint',
          what: `a checkpoint of size ${size} cannot stand at index ${index}`,
        });
      } else {
        this.#checkpoints.push({ index, checkpoint });
      }
    } catch (cause) {
      if (!(cause instanceof AssayError)) throw cause;
      this.#found.push({ index, code: 'logged-checkpoint', what: cause.what });
    }
  }

  #checkViewRoot({ size, rules, roots }: Predicate<'view.root'>, index: number): void {
    if (rules !== RULES) {
      this.#found.push({
        index,
        code: 'rules-unknown',
        what: `the view root is by the rules ${rules}, not known here`,
      });
      return;
    }
    try {
      const computed = viewRootsAt(this.timeline, Number(size));
      this.#viewRoots++;
      for (const view of ['registry', 'lineage'] as const) {
        if (computed[view] === roots[view]) continue;
        const what = `the ${view} at size ${size} has root ${computed[view]}, the entry says ${roots[view]}`;
        this.#found.push({ index, code: 'view-root-mismatch', what });
      }
    } catch (cause) {
      if (!(cause instanceof KnownAtError)) throw cause;
      this.#found.push({ index, code: 'view-root-mismatch', what: cause.what });
    }
  }
}

function codeOf(cause: AssayError): Finding['code'] {
  if (cause instanceof EnvelopeError && cause.code === 'signature') return 'entry-signature';
  if (cause instanceof StatementError && cause.code === 'unknown-predicate') return 'entry-unknown';
  return 'entry-schema';
}
