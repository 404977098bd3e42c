/** The log of a lab: a log server, a witness, and the books that follow them. */
import { writeFileSync } from 'node:fs';
import { type Kind, type Predicate, ed25519Signer, signStatement, systemClock } from '@assay/core';
import { ed25519Cosigner, ed25519NoteSigner, formatVkey, parsePolicy } from '@assay/log';
import { openWitnessSeed } from '@assay/log/node';
import { Follower } from '../../../src/follow/index.ts';
import { LogClient } from '../../../src/log-client/index.ts';
import { parseLogServerConfig } from '../../../src/log-server/config.ts';
import { type RunningLogServer, startLogServer } from '../../../src/log-server/start.ts';
import { SettlerBooks } from '../../../src/settler/settler-books.ts';
import { type RunningWitness, startWitness } from '../../../src/witness/start.ts';
import { nobleSecp256k1 } from '@assay/core/money';
import { MONEY_RULES } from '@assay/views';
import { CHAIN_ID, ORIGIN, VAULT, entropy } from './lab-terms.ts';
import { LabChain } from './lab-chain.ts';

/** The log beside the chain. */
export class LabLog extends LabChain {
  log!: LogClient;
  books!: SettlerBooks;
  protected server!: RunningLogServer;
  protected witness!: RunningWitness;
  protected view!: Follower;
  /** Size up to the last entry that is no logged checkpoint: an idle log stays idle, and nothing covers those. */
  #stated = 0;

  async say<K extends Kind>(name: string, kind: K, predicate: Predicate<K>): Promise<string> {
    const entry = signStatement(kind, predicate, this.identity(name).signer);
    const { id } = await this.log.append(entry);
    await this.view.waitFor(id, 'sequenced', 20_000);
    return id;
  }

  /** Resolves once a checkpoint over everything stated so far is witnessed and itself logged. */
  async witnessed(): Promise<void> {
    const size = this.#stated;
    await this.until(() => (this.books.checkpoint?.size ?? 0) >= size, 'a logged witnessed checkpoint');
  }

  async until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
    for (const deadline = performance.now() + 50_000; !(await condition());) {
      if (performance.now() > deadline) throw new Error(`never: ${what}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  protected async startLog(): Promise<void> {
    const seed = openWitnessSeed(this.path('log.seed'), entropy);
    const logVkey = formatVkey(ed25519NoteSigner(ORIGIN, ed25519Signer(seed)).key);
    const name = 'witness.example/money';
    this.witness = await startWitness(
      {
        listen: '127.0.0.1:0',
        name,
        seedFile: this.path('witness.seed'),
        database: this.path('witness.db'),
        logs: [{ vkey: logVkey }],
        anchor: { identity: this.path('witness.json'), targets: [{ chainId: CHAIN_ID, vault: VAULT }] },
      },
      systemClock,
      entropy,
    );
    const cosigner = ed25519Cosigner(
      name,
      ed25519Signer(openWitnessSeed(this.path('witness.seed'), entropy)),
    );
    const policy = `log ${logVkey}\nwitness w1 ${formatVkey(cosigner.key)} ${this.witness.url}\nquorum w1\n`;
    writeFileSync(this.path('policy'), policy);
    const config = parseLogServerConfig(
      {
        listen: '127.0.0.1:0',
        origin: ORIGIN,
        directory: this.path('log'),
        seedFile: this.path('log.seed'),
        operatorKeyFile: this.path('operator.json'),
        policyFile: this.path('policy'),
        checkpointInterval: 50,
        rules: [MONEY_RULES],
        refreshInterval: 1_000,
      },
      'test',
    );
    this.server = await startLogServer(config, { clock: systemClock, entropy, onTrouble: () => undefined });
    this.log = new LogClient(this.server.url);
    this.books = new SettlerBooks(parsePolicy(policy), nobleSecp256k1);
    this.view = new Follower({
      log: this.log,
      policy: parsePolicy(policy),
      clock: systemClock,
      pollMs: 20,
      onRecord: (record, { entry }) => {
        this.books.apply(record, entry);
        if (record.kind !== 'checkpoint.cosigned') this.#stated = record.index + 1;
      },
    });
    this.view.start();
  }
}
