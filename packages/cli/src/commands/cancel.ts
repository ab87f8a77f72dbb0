import type { Command } from "commander";
import { withExamples } from "../examples.ts";
import { print, printJson } from "../output.ts";
import { connect } from "../session.ts";
import { checkPlace, type Place, withPlace } from "../target.ts";
import { UsageError } from "../usage-error.ts";

export const addCancel = (program: Command): void => {
  withExamples(withPlace(program.command("cancel")), "homeport cancel --project shop --service api")
    .description("Stop the deployment that is under way; what is live stays live")
    .option("--deployment <id>", "the deployment; the newest unless given")
    .option("--json", "print JSON")
    .action(async (flags: Place & { deployment?: string; json?: boolean }) => {
      const { client } = connect();
      const target = checkPlace(flags);
      const deployment = flags.deployment ?? (await client.deployments.services.get(target)).latest?.id;
      if (deployment === undefined) throw new UsageError("Nothing was deployed yet.");
      const { id, state, cancelRequested } = await client.deployments.deployments.cancel({ ...target, deployment });
      if (flags.json === true) printJson({ deploymentId: id, state, cancelRequested });
      else print(state === "cancelled" ? "Cancelled." : "It is being stopped.");
    });
};
