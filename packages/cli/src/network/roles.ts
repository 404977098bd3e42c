/** The processes of a local network, in the order in which they need each other. */
import { fileURLToPath } from 'node:url';
import { type Layout, STORAGE_PROFILE, WITNESSES } from './layout.ts';
import type { Role } from './supervisor.ts';

/** Groups of roles: within one they start side by side. Witnesses first, since the log asks them before it signs. */
export function rolesOf(layout: Layout): Role[][] {
  const witnesses = Array.from({ length: WITNESSES }, (_, i) => role(layout, 'witness', `witness-${i + 1}`));
  const nodes = layout.plan.nodes.map(({ name }) => role(layout, 'inference-node', name));
  const rest = [role(layout, 'gateway', 'gateway'), role(layout, 'view-keeper', 'view-keeper')];
  const chain = layout.plan.money === true ? [role(layout, 'chain', 'chain')] : [];
  const settler = layout.plan.money === true ? [role(layout, 'settler', 'settler')] : [];
  const serving = [storage(layout), ...nodes, ...rest, ...settler];
  return [[...witnesses, ...chain], [role(layout, 'log-server', 'log')], serving];
}

/** All storage nodes in one process: six would double what a start costs on two cores, and have one operator either way. */
function storage(layout: Layout): Role {
  const configs = Array.from({ length: STORAGE_PROFILE.n }, (_, i) => layout.config(`storage-${i + 1}`));
  return {
    ...role(layout, 'storage-node', 'storage'),
    args: [...configs, '--keeper', layout.config('storage-keeper')],
  };
}

function role(layout: Layout, service: string, name: string): Role {
  return {
    name,
    main: fileURLToPath(import.meta.resolve(`@assay/services/${service}`)),
    args: [layout.config(name)],
    logFile: layout.path('logs', `${name}.log`),
    cache: layout.path('cache'),
  };
}
