import { clientError } from "@homeport/sdk";
import { type Command, Option } from "commander";
import { withExamples } from "../examples.ts";
import { unlessForbidden } from "../identity.ts";
import { printOne } from "../output.ts";
import { checkName } from "../secret-target.ts";
import { connect } from "../session.ts";
import { checkTarget, type Target, withTarget } from "../target.ts";
import { UsageError } from "../usage-error.ts";

type AttachFlags = Target & { group: string; as: "variables" | "files"; prefix?: string; directory?: string };

/** Which services get which groups. */
export const addSecretAttach = (secret: Command): void => {
  withExamples(
    withTarget(secret.command("attach")).requiredOption("--group <name>", "the secret group"),
    "homeport secret attach --project shop --service api --group database --prefix DB_",
    "homeport secret attach --project shop --service api --group tls --as files --directory /run/secrets/tls",
  )
    .description("Give a service the items of a group with its next deployment, as variables or as files")
    .addOption(new Option("--as <what>", "variables or files").choices(["variables", "files"]).default("variables"))
    .option("--prefix <text>", "with variables: before their names")
    .option("--directory <path>", "with files: where they are; /run/secrets/<group> unless given")
    .option("--json", "print JSON")
    .action(async (flags: AttachFlags & { json?: boolean }) => {
      const target = checkTarget(flags);
      const group = checkName("--group", flags.group);
      const use = useOf(flags);
      const { secretAttachments } = connect().client.deployments;
      const before = (await unlessForbidden(secretAttachments.list(target)))?.items.find(
        (each) => each.group === group,
      );
      const attached = await inOptions(secretAttachments.attach({ ...target, group, use }));
      const changed =
        before === undefined || before.use.as === use.as ? "" : `, changed from ${before.use.as} to ${use.as}`;
      printOne(attached, flags.json, `${target.service} gets ${group} with its next deployment${changed}.`);
    });
  withExamples(
    withTarget(secret.command("detach")).requiredOption("--group <name>", "the secret group"),
    "homeport secret detach --project shop --service api --group database",
  )
    .description("Take a group from a service; its next deployment does without it")
    .option("--json", "print JSON")
    .action(async (flags: Target & { group: string; json?: boolean }) => {
      const target = checkTarget(flags);
      const group = checkName("--group", flags.group);
      const { detached } = await connect().client.deployments.secretAttachments.detach({ ...target, group });
      const sentence = detached
        ? `${target.service} is without ${group} from its next deployment on.`
        : "It was not attached.";
      printOne({ detached }, flags.json, sentence);
    });
};

/** What is wrong with a field is told of the option that it came from. @throws {UsageError} */
const inOptions = async <T>(answer: Promise<T>): Promise<T> => {
  try {
    return await answer;
  } catch (err) {
    const [issue] = clientError(err).issues.filter(({ path }) => path === "use.directory" || path === "use.prefix");
    if (issue === undefined) throw err;
    throw new UsageError(`${issue.path.replace("use.", "--")}: ${issue.message}`);
  }
};

const useOf = ({ as, prefix, directory }: AttachFlags) => {
  if (as === "files") {
    if (prefix !== undefined) throw new UsageError("--prefix goes with --as variables.");
    return { as, ...(directory === undefined ? {} : { directory }) };
  }
  if (directory !== undefined) throw new UsageError("--directory goes with --as files.");
  return { as, ...(prefix === undefined ? {} : { prefix }) };
};
