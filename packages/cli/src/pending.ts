/**
 * Statements that a command signed and that the log may not have yet. Each is durable before it is sent and forgotten
 * once the log has it, so that a command that was cut short and is typed again goes on instead of saying it twice.
 */
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { canonicalJson, hex, type Json, sha256, utf8 } from '@assay/core';
import type { PrivateNote } from './content/private-notes.ts';

/** A signed statement on its way. */
export interface PendingStatement {
  readonly id: string;
  /** URL of the log that it was meant for. */
  readonly log: string;
  readonly kind: string;
  readonly signer: string;
  /** The process that signed it; while it lives, the statement is its own to send. */
  readonly process: number;
  /** Exact entry bytes, base64. */
  readonly entry: string;
  /** What is said, without what is fresh at every telling. */
  readonly said: string;
  /** What opens its commitment. */
  readonly note?: PrivateNote;
}

/** Members that are drawn afresh each time the same thing is said. */
const FRESH: ReadonlySet<string> = new Set(['nonce', 'content', 'because', 'note']);

/** A digest of what is said: the same for the same words, whatever nonce and salt they are said with. */
export function digestOfSaid(kind: string, predicate: object, note: PrivateNote | undefined): string {
  const lasting = Object.entries(predicate).filter(([name]) => !FRESH.has(name));
  const said = { kind, predicate: Object.fromEntries(lasting) as Json, text: note?.text ?? null };
  return hex(sha256(utf8(canonicalJson(said))));
}

/** The folder of statements on their way, `<dir>/private/pending`. */
export class Pending {
  readonly #folder: string;

  constructor(dir: string) {
    this.#folder = join(dir, 'private', 'pending');
  }

  /** Those for one log that no living command is sending. */
  of(log: string): PendingStatement[] {
    return this.#names().flatMap((name) => {
      const found = this.#read(name);
      return found?.log === log && !isAtWork(found.process) ? [found] : [];
    });
  }

  /** Makes one durable. A crash here leaves a draft that nobody reads, and nothing was sent. */
  keep(statement: PendingStatement): void {
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    const path = this.pathOf(statement.id);
    const draft = `${path}.draft`;
    const file = openSync(draft, 'w', 0o600);
    try {
      writeSync(file, JSON.stringify(statement));
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(draft, path);
  }

  forget(id: string): void {
    rmSync(this.pathOf(id), { force: true });
  }

  pathOf(id: string): string {
    return join(this.#folder, `${id}.json`);
  }

  #names(): string[] {
    try {
      return readdirSync(this.#folder)
        .filter((name) => /^[0-9a-f]{64}\.json$/.test(name))
        .toSorted();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    }
  }

  /** Undefined for one that another command has just forgotten. */
  #read(name: string): PendingStatement | undefined {
    try {
      return JSON.parse(readFileSync(join(this.#folder, name), 'utf8')) as PendingStatement;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }
}

/** Whether another process that signed is still there to send what it signed. */
function isAtWork(pid: number): boolean {
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
