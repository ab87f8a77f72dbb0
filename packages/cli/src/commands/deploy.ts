import { existsSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { type Client, type ClientOptions, clientError, uploadArchive } from "@homeport/sdk";
import type { Command } from "commander";
import { listFiles, packFiles } from "../archive.ts";
import { withExamples } from "../examples.ts";
import { type Deployment, followDeployment, tellReason } from "../follow.ts";
import { note, print, printJson } from "../output.ts";
import { connect } from "../session.ts";
import { checkTarget, type Target, withTarget } from "../target.ts";
import { UnmetError, UsageError } from "../usage-error.ts";
import { wholeNumber } from "../whole-number.ts";

type Flags = Target & {
  image?: string;
  git?: string;
  ref?: string;
  port?: string;
  healthPath?: string;
  start?: string;
  wait?: boolean;
  json?: boolean;
};

type Service = Awaited<ReturnType<Client["deployments"]["services"]["get"]>>;
type Source = Service["source"];

export const addDeploy = (program: Command): void => {
  withExamples(
    withTarget(program.command("deploy [dir]")),
    "homeport deploy --project shop --service api                     # this folder",
    "homeport deploy ./api --project shop --service api --wait",
    "homeport deploy --project shop --service web --git https://example.com/shop/web.git --ref main",
    "homeport deploy --project shop --service cache --image home/cache:7 --port 6379",
  )
    .description(
      "Deploy a folder, a git repository or an image; makes the project and the service when they are missing",
    )
    .option("--image <reference>", "deploy this image, for example home/shop/api:1.2 or nginx:1.27")
    .option("--git <url>", "deploy this git repository")
    .option("--ref <name>", "with --git: the branch, tag or commit")
    .option("--port <number>", "the port the service listens on (it is told in PORT; 8080 unless set)")
    .option(
      "--health-path <path>",
      "a path that answers 2xx when the service is ready; otherwise an open port is enough",
    )
    .option("--start <command>", "the command that starts the service, when detection would choose another")
    .option("--wait", "wait until it is live or has failed; exits 0 only when it is live (the default in a terminal)")
    .option("--no-wait", "return once the deployment is accepted")
    .option("--json", "print one JSON document: url, deploymentId, release, digest, state")
    .action(deploy);
};

const deploy = async (dir: string | undefined, flags: Flags): Promise<void> => {
  const target = checkTarget(flags);
  if ([dir, flags.image, flags.git].filter((given) => given !== undefined).length > 1) {
    throw new UsageError("Deploy one thing: a folder, --image or --git.");
  }
  if (flags.ref !== undefined && flags.git === undefined) throw new UsageError("--ref goes with --git.");
  const changes = settingsOf(flags);
  const { client, options } = connect();
  const known = await findService(client, target);
  const source = sourceOf(dir, flags, known);
  // Uploaded first: when that fails, nothing was made or changed.
  const uploadId = source.kind === "upload" ? await upload(options, checkFolder(dir ?? ".")) : undefined;
  await prepareService(client, target, known, source, changes);
  const started = await client.deployments.deployments.create({
    ...target,
    ...(uploadId === undefined ? {} : { uploadId }),
  });
  await report(client, options, target, started, flags);
};

/** Prints what a deployment came to; with `wait` its end. @throws {UnmetError} when it did not go live */
export const report = async (
  client: Client,
  options: ClientOptions,
  target: Target,
  started: Deployment,
  flags: { wait?: boolean; json?: boolean },
): Promise<void> => {
  const waits = flags.wait ?? process.stdout.isTTY === true;
  const ended = waits ? await followDeployment(client, options, target, started, flags.json === true) : started;
  const { url, id: deploymentId, release, digest, state, reason } = ended;
  if (flags.json === true)
    printJson({ url, deploymentId, release, digest, state, ...(reason === null ? {} : { reason }) });
  if (waits && state !== "live") {
    if (flags.json !== true) tellReason(ended);
    throw new UnmetError();
  }
  if (flags.json === true) return;
  print(url);
  if (!waits)
    note(
      `Deployment ${deploymentId} is on its way. Follow it with: homeport logs -f --project ${target.project} --service ${target.service}`,
    );
};

/** What to deploy: what was asked for, else what the service is made from, else this folder. */
const sourceOf = (dir: string | undefined, flags: Flags, known: Service | null): Source => {
  if (flags.image !== undefined) return { kind: "image", reference: flags.image };
  if (flags.git !== undefined)
    return { kind: "git", url: flags.git, ...(flags.ref === undefined ? {} : { ref: flags.ref }) };
  return dir === undefined && known !== null ? known.source : { kind: "upload" };
};

const checkFolder = (dir: string): string => {
  const folder = resolve(dir);
  if (!existsSync(folder) || !statSync(folder).isDirectory()) throw new UsageError(`${folder} is not a folder.`);
  return folder;
};

const findService = async (client: Client, target: Target): Promise<Service | null> => {
  try {
    return await client.deployments.services.get(target);
  } catch (err) {
    if (clientError(err).code === "not_found") return null;
    throw err;
  }
};

const prepareService = async (
  client: Client,
  target: Target,
  known: Service | null,
  source: Source,
  changes: ReturnType<typeof settingsOf>,
): Promise<void> => {
  if (known !== null) {
    const settings = { ...known.settings, ...changes };
    const same = Bun.deepEquals(source, known.source) && Bun.deepEquals(settings, known.settings);
    if (!same) await client.deployments.services.update({ ...target, source, settings });
    return;
  }
  const { project, service: slug } = target;
  const isNewProject = await isMade(client.deployments.projects.create({ slug: project }));
  try {
    await isMade(client.deployments.services.create({ project, slug, source, settings: changes }));
  } catch (err) {
    // An empty project was not asked for; it stays when the role does not allow to remove it.
    if (isNewProject) await client.deployments.projects.remove({ project }).catch(() => null);
    throw err;
  }
};

/** False: it was there, or somebody else has made it just now, which is as good. */
const isMade = async (creation: Promise<unknown>): Promise<boolean> => {
  try {
    await creation;
    return true;
  } catch (err) {
    if (clientError(err).code === "conflict") return false;
    throw err;
  }
};

const settingsOf = ({ port, healthPath, start }: Flags) => ({
  ...(port === undefined ? {} : { port: wholeNumber("--port", port, 65_535) }),
  ...(healthPath === undefined ? {} : { health: { kind: "http" as const, path: healthPath } }),
  ...(start === undefined ? {} : { startCommand: start }),
});

const upload = async (options: ClientOptions, folder: string): Promise<string> => {
  const files = await listFiles(folder);
  note(`==> Uploading ${files.length} files`);
  const archive = packFiles(folder, files);
  try {
    return (await uploadArchive(options, archive.body)).id;
  } catch (err) {
    throw archive.failure() ?? err; // what is wrong with the folder explains why the platform got only a part
  }
};
