import type { Command } from "commander";
import { withExamples } from "../examples.ts";
import { identify, tellIdentity, unlessForbidden } from "../identity.ts";
import { note, print, printJson, table } from "../output.ts";
import { connect, readLogin } from "../session.ts";
import { checkPlace, type Place, withPlace } from "../target.ts";

export const addStatus = (program: Command): void => {
  withExamples(program.command("status"), "homeport status", "homeport status --json | jq '.services[].url'")
    .description("Show who you are, the nodes if you run the platform, and every service with its state and address")
    .option("--json", "print JSON")
    .action(async ({ json }: { json?: boolean }) => {
      const status = await readStatus();
      if (json === true) {
        printJson(status);
        return;
      }
      print(`${status.url} ${tellIdentity(status)}`);
      for (const node of status.nodes)
        print(`node ${node.name}: ${node.state}, ${node.engine}${node.isolates ? "" : " (does not isolate)"}`);
      if (status.services.length === 0)
        note("Nothing is deployed yet. Start with: homeport deploy --project NAME --service NAME");
      else print(`\n${table(["service", "state", "release", "address"], status.services.map(toRow))}`);
    });
  withExamples(withPlace(program.command("open")), "homeport open --project shop --service api")
    .description("Print the address of a service, and open it where there is a browser")
    .action(async (flags: Place) => {
      const { url } = await connect().client.deployments.services.get(checkPlace(flags));
      print(url);
      openInBrowser(url);
    });
};

type Status = Awaited<ReturnType<typeof readStatus>>;

const toRow = ({ project, service, state, release, url }: Status["services"][number]): string[] => [
  `${project}/${service}`,
  state ?? "not deployed",
  release === null ? "" : String(release),
  url,
];

const readStatus = async () => {
  const { client } = connect();
  const [identity, nodes, projects] = await Promise.all([
    identify(client),
    unlessForbidden(client.clusters.nodes.list({ limit: 100 })), // shown to who runs the platform
    client.deployments.projects.list({ limit: 100 }),
  ]);
  const lists = await Promise.all(
    projects.items.map((project) => client.deployments.services.list({ project: project.slug, limit: 100 })),
  );
  const services = lists.flatMap(({ items }) =>
    items.map((service) => ({
      project: service.project,
      service: service.slug,
      state: service.latest?.state ?? null,
      release: service.latest?.release ?? null,
      url: service.url,
    })),
  );
  return {
    url: readLogin().url,
    ...identity,
    nodes: (nodes?.items ?? []).map(({ name, engine, state, isolates }) => ({ name, engine, state, isolates })),
    services,
  };
};

/** Best effort: on a server without a browser the printed address is all there is. */
const openInBrowser = (url: string): void => {
  const opener = process.platform === "darwin" ? "open" : "xdg-open";
  if (!process.stdout.isTTY || Bun.which(opener) === null) return;
  Bun.spawn([opener, url], { stdio: ["ignore", "ignore", "ignore"] }).unref();
};
