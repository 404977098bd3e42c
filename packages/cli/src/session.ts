/** One command's network: where its log is, whom it trusts, who signs; opened only when asked for. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { base64, fromBase64, type Kind, openStatement, type Predicate, signStatement } from '@assay/core';
import { loadIdentity } from '@assay/core/node';
import { parsePolicy, type Policy } from '@assay/log';
import { type Appended, LogClient, LogClientError, type Wait } from '@assay/services';
import { refusalOf, type Timeline } from '@assay/views';
import type { CliContext } from './cli-context.ts';
import { CliError } from './cli-error.ts';
import { keepNote, type PrivateNote } from './content/private-notes.ts';
import { digestOfSaid, Pending, type PendingStatement } from './pending.ts';
import { type NetworkFile, readNetworkFile } from './network-file.ts';
import { Progress } from './progress.ts';
import { readTimeline } from './read-timeline.ts';
import { joinPredicate, nameOfKeyFile, type Role, type Signatory } from './signatory.ts';

/** Options of every command that reads or writes a log. */
export interface NetworkFlags {
  readonly dir: string;
  readonly log?: string;
  readonly policy?: string;
  readonly gateway?: string;
  readonly key?: string;
}

/** A statement that came to stand in the log. */
export interface Logged extends Appended {
  readonly kind: Kind;
}

/** The network behind one command. */
export class Session {
  readonly context: CliContext;
  readonly #flags: NetworkFlags;
  #network: NetworkFile | undefined;
  #policy: Policy | undefined;
  #timeline: Timeline | undefined;

  constructor(context: CliContext, flags: NetworkFlags) {
    this.context = context;
    this.#flags = flags;
  }

  /** Folder of the local network. */
  get dir(): string {
    return this.#flags.dir;
  }

  /** The local network's description. @throws CliError */
  get network(): NetworkFile {
    this.#network ??= readNetworkFile(this.dir);
    return this.#network;
  }

  /** Whether there is a log to write to. */
  get hasLog(): boolean {
    return this.#flags.log !== undefined || existsSync(join(this.dir, 'network.json'));
  }

  get log(): LogClient {
    return new LogClient(this.#flags.log ?? this.network.log.url);
  }

  get gatewayUrl(): string {
    return (this.#flags.gateway ?? this.network.gateway.url).replace(/\/+$/, '');
  }

  /** Whom to trust. It comes from a file, never from the log's server. @throws CliError, PolicyError */
  get policy(): Policy {
    this.#policy ??= parsePolicy(readPolicyFile(this.#flags, this.dir));
    return this.#policy;
  }

  /** The log's origin, by the policy. */
  get origin(): string {
    return this.policy.logs[0]?.verifier.key.name ?? '';
  }

  /** Where that policy is read from. */
  get policyFile(): string {
    return this.#flags.policy ?? join(this.dir, 'policy');
  }

  /**
   * Who signs: `--key` as a file, or as a name in the network's `keys` folder, or the key named `fallback` there.
   *
   * @throws CliError `unreadable-file`; KeyFileError
   */
  signatory(role: Role, fallback: string = role): Signatory {
    const given = this.#flags.key;
    if (given !== undefined && existsSync(given)) return signatoryOf(given, role);
    const path = this.#keyPath(given ?? fallback);
    if (existsSync(path)) return signatoryOf(path, role);
    throw new CliError('unreadable-file', {
      what: `there is no key "${given ?? fallback}" to sign with`,
      where: path,
      fix: 'Give a key file with --key.',
    });
  }

  /** Whether `--key` names who signs. */
  get isKeyGiven(): boolean {
    return this.#flags.key !== undefined;
  }

  /** Whether the network's `keys` folder has a key of this name. */
  hasKey(name: string): boolean {
    return existsSync(this.#keyPath(name));
  }

  /** The log read to its newest signed checkpoint, every byte verified; read once per command. */
  async timeline(): Promise<Timeline> {
    this.#timeline ??= await readTimeline({
      log: this.log,
      policy: this.policy,
      clock: this.context.clock,
      progress: this.progress(),
    });
    return this.#timeline;
  }

  /** Reads the log again, up to what is now newest. */
  async freshTimeline(): Promise<Timeline> {
    this.#timeline = undefined;
    return this.timeline();
  }

  progress(): Progress {
    return new Progress(this.context.clock, (text) => this.context.process.stderr.write(text));
  }

  /**
   * Signs a statement and appends it, unless the log's own rules would ignore it. A key that speaks for the first time
   * joins first. It is kept until the log has it: the same thing said again after a command was cut short goes on with
   * what was signed then, and is logged once.
   *
   * @throws CliError `not-allowed`; StatementError; LogClientError
   */
  async publish<K extends Kind>(kind: K, predicate: Predicate<K>, by: Signing): Promise<Logged> {
    await this.join(by.as);
    const { keyId } = by.as.identity;
    const said = digestOfSaid(kind, predicate, by.note);
    const earlier = await this.#leftOver((each) => each.signer === keyId && each.said === said);
    const entry =
      earlier === undefined
        ? signStatement(kind, predicate, by.as.identity.signer)
        : fromBase64(earlier.entry);
    const { id } = openStatement(entry);
    const note = earlier === undefined ? by.note : earlier.note;
    const { url } = this.log;
    const kept = { id, log: url, kind, signer: keyId, process: process.pid, entry: base64(entry), said };
    await this.#mustCount(entry, kind, by.as);
    // A crash from here on leaves it to be sent when the same is said again.
    this.#pending.keep({ ...kept, ...(note === undefined ? {} : { note }) });
    const logged = await this.#append(entry, kind, by.wait).catch((error: unknown) => {
      if (error instanceof LogClientError && error.isFinal) this.#pending.forget(id);
      throw error;
    });
    if (note !== undefined) keepNote(this.dir, id, note);
    this.#pending.forget(id);
    return logged;
  }

  /** What an earlier command left and `isSame` picks. What the log has by now is forgotten; the rest is told of. */
  async #leftOver(isSame: (each: PendingStatement) => boolean): Promise<PendingStatement | undefined> {
    const { registry } = await this.timeline();
    const { stderr } = this.context.process;
    let found: PendingStatement | undefined;
    for (const each of this.#pending.of(this.log.url)) {
      const what = `${each.kind} ${each.id.slice(0, 12)}`;
      if (isSame(each)) {
        found = each;
        stderr.write(`going on with ${what}, which an earlier command signed\n`);
      } else if (registry.indexOf(each.id) !== undefined) {
        if (each.note !== undefined) keepNote(this.dir, each.id, each.note);
        this.#pending.forget(each.id);
      } else {
        const path = this.#pending.pathOf(each.id);
        stderr.write(
          `an earlier command signed ${what} and the log does not have it: say it again, or remove ${path}\n`,
        );
      }
    }
    return found;
  }

  /** Has a key join that has not. Returns whether it did so now. @throws CliError, LogClientError */
  async join(as: Signatory): Promise<boolean> {
    const { registry } = await this.timeline();
    if (registry.participants.get(as.identity.keyId) !== undefined) return false;
    const entry = signStatement('participant.join', joinPredicate(as), as.identity.signer);
    await this.#mustCount(entry, 'participant.join', as);
    await this.#append(entry, 'participant.join', 'sequenced');
    return true;
  }

  /** @throws CliError `not-allowed` for what every view would ignore */
  async #mustCount(entry: Uint8Array, kind: Kind, as: Signatory): Promise<void> {
    const { registry } = await this.timeline();
    const record = { ...openStatement(entry), index: registry.size };
    const refusal = registry.indexOf(record.id) === undefined ? refusalOf(registry, record) : undefined;
    if (refusal !== undefined) {
      throw new CliError('not-allowed', {
        what: `every view would ignore this ${kind}: ${refusal}`,
        where: `signed by ${as.name}, ${as.identity.keyId}`,
        fix: 'Sign with a key that may say this (--key), or have the owner grant it.',
      });
    }
  }

  async #append(entry: Uint8Array, kind: Kind, wait: Wait): Promise<Logged> {
    const { registry } = await this.timeline();
    const logged = await this.log.append(entry, wait);
    if (logged.duplicate !== true) registry.apply({ ...openStatement(entry), index: logged.index });
    return { kind, ...logged };
  }

  get #pending(): Pending {
    return new Pending(this.dir);
  }

  #keyPath(name: string): string {
    return join(this.dir, 'keys', `${name}.json`);
  }
}

/** Who signs, and how long to wait for the log. */
export interface Signing {
  readonly as: Signatory;
  readonly wait: Wait;
  /** What opens the statement's commitment; kept beside the keys once the log has the statement. */
  readonly note?: PrivateNote | undefined;
}

function signatoryOf(path: string, role: Role): Signatory {
  return { identity: loadIdentity(path), name: nameOfKeyFile(path), role };
}

function readPolicyFile(flags: NetworkFlags, dir: string): Uint8Array {
  if (flags.log !== undefined && flags.policy === undefined) {
    throw new CliError('usage', {
      what: 'a remote log needs a policy of your own',
      fix: 'Give --policy FILE: whom you trust never comes from the log itself.',
    });
  }
  const path = flags.policy ?? join(dir, 'policy');
  if (!existsSync(path)) {
    throw new CliError('no-network', {
      what: 'there is no trust policy, so nothing the log says could be checked',
      where: path,
      fix: 'Start a local network with "npx assay up", or give --log URL and --policy FILE.',
    });
  }
  return new Uint8Array(readFileSync(path));
}
