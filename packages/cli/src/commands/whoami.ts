import type { Command } from "commander";
import { withExamples } from "../examples.ts";
import { identify, tellIdentity } from "../identity.ts";
import { printOne } from "../output.ts";
import { connect, readLogin } from "../session.ts";

export const addWhoami = (program: Command): void => {
  withExamples(program.command("whoami"), "homeport whoami", "homeport whoami --json | jq -r .organisation.slug")
    .description("Say who you are, where, and with which roles")
    .option("--json", "print JSON: {url, person, serviceAccount, organisation, role, instanceRole, scopes}")
    .action(async ({ json }: { json?: boolean }) => {
      const { url } = readLogin();
      const identity = await identify(connect().client);
      const role = identity.instanceRole === null ? "" : `; ${identity.instanceRole} of the platform`;
      printOne({ url, ...identity }, json, `${url} ${tellIdentity(identity)}${role}`);
    });
};
