/** The embedded chain as one running server. */
import type { Clock } from '@assay/core';
import { type Address, evmAddress } from '@assay/core/money';
import { assertSafeTerms, genesisName, openEmbeddedChain } from '@assay/pay/embedded-chain';
import type { DevGenesis } from '@assay/pay/node';
import { listen, type RunningService } from '../serving/index.ts';
import type { ChainConfig } from './config.ts';

/**
 * Brings back what is kept, or makes the chain with its contracts, and resolves once it answers.
 *
 * @throws ChainError; TermsError for settlement times that are not safe together
 */
export async function startChain(config: ChainConfig, outside: { clock: Clock }): Promise<RunningService> {
  const { chainId } = config;
  const genesis = genesisOf(config.genesis);
  assertSafeTerms(genesis.terms);
  const opening = openEmbeddedChain({
    path: config.database,
    chainId,
    genesis: genesisName(genesis),
    clock: outside.clock,
    snapshotEvery: config.snapshotEvery,
    found: async (rpc) => {
      const [, { deployDevContracts, genesisArguments }] = await loading;
      await deployDevContracts(rpc, {
        chainId,
        arguments: genesisArguments(genesis),
        funded: config.funded.map(evmAddress),
      });
    },
  });
  // Anvil starts while this is loaded, which takes as long.
  const loading = Promise.all([import('./app.ts'), import('@assay/pay/node')]);
  const [chain, [{ createChainApp }]] = await Promise.all([opening, loading]);
  const server = await listen(createChainApp(chain), config.listen);
  const failure = Promise.withResolvers<unknown>();
  void chain.failure.then((error) => error !== undefined && failure.resolve(error));
  return {
    ready: { listening: server.url, chain: `eip155:${chainId}` },
    failure: failure.promise,
    stop: async () => {
      await server.close();
      await chain.stop();
    },
  };
}

function genesisOf(genesis: ChainConfig['genesis']): DevGenesis {
  const { settler, vetoer, treasury, witnesses, bond } = genesis;
  const [to, veto, fees] = [settler, vetoer, treasury].map(evmAddress) as [Address, Address, Address];
  return {
    ...genesis,
    settler: to,
    vetoer: veto,
    treasury: fees,
    witnesses: witnesses.map(evmAddress),
    bond: BigInt(bond),
  };
}
