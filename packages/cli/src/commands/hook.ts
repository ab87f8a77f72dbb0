import type { Client } from "@homeport/sdk";
import type { Command } from "commander";
import { withExamples } from "../examples.ts";
import { ago, note, printList, printOne } from "../output.ts";
import { checkName } from "../secret-target.ts";
import { connect } from "../session.ts";
import { UsageError } from "../usage-error.ts";

type Flags = { project: string; json?: boolean };
type Made = Awaited<ReturnType<Client["deployments"]["hooks"]["create"]>>;

const PROVIDERS = ["github", "gitlab", "gitea", "forgejo", "generic"] as const;
type Provider = (typeof PROVIDERS)[number];

export const addHook = (program: Command): void => {
  const hook = program
    .command("hook")
    .description("Webhooks: pushes to a repository deploy the services built from it");
  const withProject = (command: Command) => command.requiredOption("--project <name>", "the project");
  withExamples(
    withProject(hook.command("create")),
    "homeport hook create --project shop --service api --provider github",
    "homeport hook create --project shop --url https://git.example.com/shop/api.git --provider gitea",
  )
    .description("Make a webhook; its address and secret go into the repository's settings, the secret is told once")
    .requiredOption("--provider <name>", `what sends the pushes: ${PROVIDERS.join(", ")}`)
    .option("--service <name>", "a service that is built from the repository")
    .option("--url <url>", "the repository, instead of --service")
    .option("--json", "print JSON")
    .action(async (flags: Flags & { provider: string; service?: string; url?: string }) => {
      const project = checkName("--project", flags.project);
      const provider = checkProvider(flags.provider);
      const { client } = connect();
      const url = await repositoryOf(client, project, flags);
      tellSecret(await client.deployments.hooks.create({ project, provider, url }), flags.json);
    });
  withExamples(withProject(hook.command("list")), "homeport hook list --project shop")
    .description("List the webhooks of a project")
    .option("--json", "print JSON")
    .action(async (flags: Flags) => {
      const project = checkName("--project", flags.project);
      const { items } = await connect().client.deployments.hooks.list({ project });
      printList(items, flags.json, {
        head: ["id", "provider", "repository", "services", "last push"],
        row: (each) => [
          each.id,
          each.provider,
          each.url,
          each.services.join(", "),
          each.lastDeliveryAt === null ? "never" : ago(each.lastDeliveryAt),
        ],
        none: "There are no webhooks. Make one with: homeport hook create",
      });
    });
  withExamples(withProject(hook.command("rotate <id>")), "homeport hook rotate --project shop 0199f000-…")
    .description("Give a webhook a new secret; the old one is taken for another 24 hours")
    .option("--json", "print JSON")
    .action(async (id: string, flags: Flags) => {
      const project = checkName("--project", flags.project);
      tellSecret(await connect().client.deployments.hooks.rotate({ project, hook: id }), flags.json);
    });
  withExamples(withProject(hook.command("remove <id>")), "homeport hook remove --project shop 0199f000-…")
    .description("Remove a webhook; the repository is asked for news from time to time from then on")
    .option("--json", "print JSON")
    .action(async (id: string, flags: Flags) => {
      const project = checkName("--project", flags.project);
      const gone = await connect().client.deployments.hooks.remove({ project, hook: id });
      printOne(gone, flags.json, "Removed the webhook.");
    });
};

const checkProvider = (name: string): Provider => {
  const known = PROVIDERS.find((each) => each === name);
  if (known === undefined) throw new UsageError(`--provider "${name}": use one of ${PROVIDERS.join(", ")}.`);
  return known;
};

const repositoryOf = async (
  client: Client,
  project: string,
  { service, url }: { service?: string; url?: string },
): Promise<string> => {
  if ((service === undefined) === (url === undefined))
    throw new UsageError("Name the repository by --service or by --url.");
  if (url !== undefined) return url;
  const { source, slug } = await client.deployments.services.get({
    project,
    service: checkName("--service", service ?? ""),
  });
  if (source.kind !== "git") throw new UsageError(`${slug} is not deployed from a git repository.`);
  return source.url;
};

const tellSecret = (made: Made, isJson: boolean | undefined): void => {
  printOne(made, isJson, `${made.address}\n${made.secret}`);
  if (isJson === true) return;
  note("The first line is the webhook's address, the second its secret, which is not told again.");
  note(
    `Content type application/json, event push${made.services.length === 0 ? "" : `; for ${made.services.join(", ")}`}.`,
  );
};
