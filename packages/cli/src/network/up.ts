/** Brings a local network up, each role as a process of its own, and takes it down again. */
import { createServer } from 'node:net';
import { type Clock, type Entropy, systemClock } from '@assay/core';
import { createNetwork, NetworkError } from './create.ts';
import type { Layout, NetworkPlan } from './layout.ts';
import { rolesOf } from './roles.ts';
import { Supervisor, type SupervisorEvent } from './supervisor.ts';

/** A network that is up. */
export interface RunningNetwork {
  readonly layout: Layout;
  readonly supervisor: Supervisor;
}

/**
 * Starts every role of the plan and resolves once all listen. On failure everything that started is stopped again.
 *
 * @throws NetworkError `other-plan` | `port-in-use`; ProcessError
 */
export async function bringUp(
  plan: NetworkPlan,
  outside: { entropy: Entropy; clock?: Clock; tell: (event: SupervisorEvent) => void },
): Promise<RunningNetwork> {
  const layout = createNetwork(plan, { entropy: outside.entropy, clock: outside.clock ?? systemClock });
  await assertPortsFree(layout.ports);
  const supervisor = new Supervisor(outside.tell);
  try {
    for (const group of rolesOf(layout)) await Promise.all(group.map((role) => supervisor.start(role)));
  } catch (error) {
    await supervisor.stop();
    throw error;
  }
  return { layout, supervisor };
}

async function assertPortsFree(ports: readonly number[]): Promise<void> {
  for (const port of ports) {
    if (await isFree(port)) continue;
    throw new NetworkError('port-in-use', {
      what: `port ${port} is taken, perhaps by a network that is still up`,
      fix: 'Stop it, or give another --port and --dir.',
    });
  }
}

function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
