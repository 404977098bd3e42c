/**
 * The story on real data: a model goes wrong, is rolled back, and what happened in between is found and followed.
 * Runs against a local network that is up (`ASSAY_DIR` names its folder). Every step is signed with seeded nonces and
 * asks with fixed request ids, so that a story cut short goes on where it was instead of happening twice.
 */
import { Agent } from './agent.ts';
import { assay } from './assay-command.ts';
import { waitUntilRefunded } from './gateway.ts';
import { Releases } from './releases.ts';
import { Stage } from './stage.ts';
import { chapters } from './chapters.ts';

const dir = process.env.ASSAY_DIR;
if (dir === undefined) {
  console.error(
    'ASSAY_DIR must name the folder of a network that is up: run "npx assay up --run" this file.',
  );
  process.exitCode = 2;
} else {
  const stage = await Stage.open(dir);
  try {
    const releases = new Releases(stage);
    const agent = new Agent(stage);
    const incident = await chapters(stage, releases, agent);
    stage.tell('');
    await assay(dir, ['reach', incident, '--svg', `${dir}/line.svg`]);
    const paid = agent.days.find(({ forecast }) => releases.isLabel(forecast.version, 'v2'));
    if (stage.network.money !== undefined && paid !== undefined) {
      stage.tell(
        '\n6. What the forecasts of v2 cost is given back: one refund for the whole incident, exact to the unit.',
      );
      await assay(dir, ['refund', '--incident', incident]);
      await waitUntilRefunded(stage.network.gateway.url, paid.forecast.receipt);
      await assay(dir, ['pay', 'explain', paid.forecast.receipt.slice(0, 12)]);
    }
    stage.tell('');
    stage.tell('Ask further, in another terminal:');
    for (const line of stage.questions(incident, agent)) stage.tell(`  ${line}`);
    stage.tell('');
  } finally {
    await stage.close();
  }
}
