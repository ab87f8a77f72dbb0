import { PROJECT_ROLES, type ProjectRole } from "@homeport/kit/principal.ts";
import type { Client } from "@homeport/sdk";
import { type Command, Option } from "commander";
import { everyItem } from "../every-item.ts";
import { withExamples } from "../examples.ts";
import { note, printList, printOne } from "../output.ts";
import { connect } from "../session.ts";
import { UnmetError, UsageError } from "../usage-error.ts";

type WhoFlags = { person?: string; team?: string; serviceAccount?: string };
type Flags = WhoFlags & { json?: boolean };
type Grant = Awaited<ReturnType<Client["auth"]["grants"]["put"]>>;

export const addGrant = (program: Command): void => {
  const grant = program.command("grant").description("Roles in a project, or in one environment of it");
  withExamples(
    withWho(grant.command("list")),
    "homeport grant list --project shop",
    "homeport grant list --person ada@example.com",
  )
    .description("List who has which role where")
    .option("--project <name>", "in this project")
    .option("--json", "print JSON")
    .action(async ({ project, json, ...who }: Flags & { project?: string }) => {
      printList(await listGrants(connect().client, project, who), json, {
        head: ["id", "role", "project", "environment", "who", ""],
        row: (each) => [
          each.id,
          each.role,
          each.project.slug,
          each.environment?.slug ?? "all",
          each.who.name,
          each.who.kind,
        ],
        none: "Nobody has a role of that kind. Give one with: homeport grant set",
      });
    });
  withExamples(
    withWho(grant.command("set")),
    "homeport grant set --project shop --team backend --role developer",
    "homeport grant set --project shop --environment production --person ada@example.com --role deployer",
  )
    .description("Give a role; it takes the place of the one that they had there")
    .requiredOption("--project <name>", "the project")
    .addOption(new Option("--role <role>", "the role").choices(PROJECT_ROLES).makeOptionMandatory())
    .option("--environment <name>", "in this environment only")
    .option("--json", "print JSON")
    .action(async (flags: Flags & { project: string; role: ProjectRole; environment?: string }) => {
      const { project, role, environment, json } = flags;
      const at = environment === undefined ? {} : { environment };
      const made = await connect().client.auth.grants.put({ project, role, who: oneOf(flags), ...at });
      printOne(made, json, `${made.who.name} is ${made.role} in ${placeOf(made)}.`);
    });
  withExamples(
    withWho(grant.command("remove [id]")),
    "homeport grant remove --project shop --team backend",
    "homeport grant remove --project shop 0199f000-0000-7000-8000-000000000001",
  )
    .description("Take a role back: the one with this id, or the one that somebody has in exactly this place")
    .requiredOption("--project <name>", "the project")
    .option("--environment <name>", "the role in this environment; unless given, the one in the whole project")
    .option("--json", "print JSON")
    .action(remove);
};

const withWho = (command: Command): Command =>
  command
    .option("--person <person>", "a person: e-mail address or id")
    .option("--team <name>", "a team")
    .option("--service-account <name>", "a service account");

const remove = async (
  id: string | undefined,
  { json, project, environment, ...who }: Flags & { project: string; environment?: string },
): Promise<void> => {
  const { client } = connect();
  const grant = id ?? (await findGrant(client, { project, environment }, who)).id;
  printOne(await client.auth.grants.remove({ project, grant }), json, "Removed.");
};

/** @throws {UnmetError} when there is none; that has been printed */
const findGrant = async (
  client: Client,
  { project, environment }: { project: string; environment: string | undefined },
  who: WhoFlags,
): Promise<Grant> => {
  oneOf(who);
  const held = await listGrants(client, project, who);
  const found = held.find((each) =>
    environment === undefined
      ? each.environment === null
      : each.environment?.slug === environment || each.environment?.id === environment,
  );
  if (found !== undefined) return found;
  const where = environment === undefined ? `the whole of ${project}` : `${environment} of ${project}`;
  note(`They have no role of their own in ${where}. See: homeport grant list --project ${project}`);
  throw new UnmetError("there is no such role");
};

/** All of a project are open to its admins; across projects, or of somebody, to those of the organisation. */
const listGrants = (client: Client, project: string | undefined, who: WhoFlags): Promise<Grant[]> => {
  const filter = Object.fromEntries(Object.entries(who).filter(([, value]) => value !== undefined));
  return everyItem((at) =>
    project !== undefined && Object.keys(filter).length === 0
      ? client.auth.grants.listOfProject({ project, ...at })
      : client.auth.grants.list({ ...filter, ...(project === undefined ? {} : { project }), ...at }),
  );
};

type Who = { person: string } | { team: string } | { serviceAccount: string };

/** @throws {UsageError} */
const oneOf = ({ person, team, serviceAccount }: WhoFlags): Who => {
  const given: Who[] = [
    ...(person === undefined ? [] : [{ person }]),
    ...(team === undefined ? [] : [{ team }]),
    ...(serviceAccount === undefined ? [] : [{ serviceAccount }]),
  ];
  if (given.length === 1 && given[0] !== undefined) return given[0];
  throw new UsageError("Say who, once: --person, --team or --service-account.");
};

const placeOf = ({ project, environment }: Grant): string =>
  environment === null ? project.slug : `${environment.slug} of ${project.slug}`;
