/** `assay lapse`: the owner closes the lease of a node that is gone; what it served last stays unknown (PROTOCOL 5.2). */
import { CliError } from '../cli-error.ts';
import { networkCommand } from '../command.ts';
import { asText, WAIT_FLAG, type WaitFlags } from '../flags.ts';
import { findVersion, nameOfVersion } from '../names/models.ts';
import { findParticipant } from '../names/participants.ts';
import { clean } from '../report.ts';

export const lapse = networkCommand<WaitFlags, [node: string, version: string]>({
  brief: "Close a dead node's lease; what it served last stays possible",
  examples: ['lapse node-c v2'],
  flags: WAIT_FLAG,
  args: {
    kind: 'tuple',
    parameters: [
      { brief: 'Node, by name or key', parse: asText, placeholder: 'NODE' },
      { brief: 'Version: label, model@label or digest', parse: asText, placeholder: 'VERSION' },
    ],
  },
  async run(session, { wait }, nodeName, versionName) {
    const { registry } = await session.timeline();
    const node = findParticipant(registry, nodeName);
    const { digest } = findVersion(registry, versionName);
    const lease = registry.leases.of(node.keyId, digest);
    const label = nameOfVersion(registry, digest);
    if (lease === undefined) {
      throw new CliError('usage', {
        what: `${node.name} holds no open lease of ${label}`,
        fix: 'There is nothing to close: it drained, or never leased it.',
      });
    }
    const { id, index } = await session.publish(
      'lease.lapse',
      { lease: lease.id },
      { as: session.signatory('owner'), wait },
    );
    return clean({ id, index, node: node.keyId, version: digest, lease: lease.id }, [
      `the lease of ${label} by ${node.name} lapsed, ${id} at index ${index}`,
      'its outputs from here on that nobody can place stay possible; a node that is alive leases again',
    ]);
  },
});
