import { existsSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { type Client, type ClientOptions, clientError, uploadArchive } from "@homeport/sdk";
import type { Command } from "commander";
import { listFiles, packFiles } from "../archive.ts";
import { withExamples } from "../examples.ts";
import { type Deployment, followDeployment, tellReason } from "../follow.ts";
import { note, print, printJson } from "../output.ts";
import { connect } from "../session.ts";
import { checkPlace, optionsOf, type Place, type Target, withPlace } from "../target.ts";
import { UnmetError, UsageError } from "../usage-error.ts";
import { wholeNumber } from "../whole-number.ts";

type Flags = Place & {
  image?: string;
  git?: string;
  ref?: string;
  branch?: string;
  commit?: string;
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
    withPlace(program.command("deploy [dir]")),
    "homeport deploy --project shop --service api                     # this folder",
    "homeport deploy ./api --project shop --service api --wait",
    "homeport deploy --project shop --service web --git https://example.com/shop/web.git --ref main",
    "homeport deploy --project shop --service web --branch next --wait",
    "homeport deploy --project shop --service api --environment staging --wait",
    "homeport deploy --project shop --service cache --image home/cache:7 --port 6379",
  )
    .description(
      "Deploy a folder, a git repository or an image; makes the project and the service when they are missing. Source and settings are the service's, in all environments",
    )
    .option("--image <reference>", "deploy this image, for example home/shop/api:1.2 or nginx:1.27")
    .option("--git <url>", "deploy this git repository")
    .option("--ref <name>", "with --git: the branch, tag or commit")
    .option("--branch <name>", "of a service made from git: build this branch, this once")
    .option("--commit <id>", "of a service made from git: build exactly this commit, by its full id")
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
  const place = checkPlace(flags);
  if ([dir, flags.image, flags.git].filter((given) => given !== undefined).length > 1) {
    throw new UsageError("Deploy one thing: a folder, --image or --git.");
  }
  if (flags.ref !== undefined && flags.git === undefined) throw new UsageError("--ref goes with --git.");
  const { branch, commit } = flags;
  if ((branch ?? commit) !== undefined && (dir ?? flags.image) !== undefined) {
    throw new UsageError("--branch and --commit are for a service that is made from git.");
  }
  const changes = settingsOf(flags);
  const { client, options } = connect();
  const known = await findService(client, place);
  const source = sourceOf(dir, flags, known);
  const folder = source.kind === "upload" ? await readFolder(dir ?? ".") : null;
  // Made before the upload, so that who may not make it is not kept waiting; changed after it, when nothing can fail any more.
  const undo = known === null ? await makeService(client, place, source, changes) : async () => {};
  const uploadId = folder === null ? undefined : await upload(options, folder, undo);
  if (known !== null) await changeService(client, place, known, source, changes);
  const started = await client.deployments.deployments.create({
    ...place,
    ...(uploadId === undefined ? {} : { uploadId }),
    ...(branch === undefined ? {} : { ref: branch }),
    ...(commit === undefined ? {} : { commit }),
  });
  await report(client, options, place, started, flags);
};

/** Without a build there is no log of it to follow. */
const TELL_LATER = "See what comes of it with: homeport status; or wait for it with --wait.";

/** Prints what a deployment came to; with `wait` its end. @throws {UnmetError} when it did not go live */
export const report = async (
  client: Client,
  options: ClientOptions,
  place: Place,
  started: Deployment,
  flags: { wait?: boolean; json?: boolean },
): Promise<void> => {
  const waits = flags.wait ?? process.stdout.isTTY === true;
  const ended = waits ? await followDeployment(client, options, place, started, flags.json === true) : started;
  const { url, id: deploymentId, release, digest, state, reason } = ended;
  if (flags.json === true)
    printJson({ url, deploymentId, release, digest, state, ...(reason === null ? {} : { reason }) });
  if (waits && state !== "live") {
    if (flags.json !== true) tellReason(ended);
    throw new UnmetError();
  }
  if (flags.json === true) return;
  print(url);
  if (waits) return;
  const next = started.cause === "build" ? `Follow it with: homeport logs -f ${optionsOf(place)}` : TELL_LATER;
  note(`Deployment ${deploymentId} is on its way. ${next}`);
};

/** What to deploy: what was asked for, else what the service is made from, else this folder. */
const sourceOf = (dir: string | undefined, flags: Flags, known: Service | null): Source => {
  if (flags.image !== undefined) return { kind: "image", reference: flags.image };
  if (flags.git !== undefined)
    return { kind: "git", url: flags.git, ...(flags.ref === undefined ? {} : { ref: flags.ref }) };
  return dir === undefined && known !== null ? known.source : { kind: "upload" };
};

type Folder = { path: string; files: Awaited<ReturnType<typeof listFiles>> };

const readFolder = async (dir: string): Promise<Folder> => {
  const path = resolve(dir);
  if (!existsSync(path) || !statSync(path).isDirectory()) throw new UsageError(`${path} is not a folder.`);
  return { path, files: await listFiles(path) };
};

/** Null when it is to be made. @throws {UsageError} when there is no such environment to deploy it to */
const findService = async (client: Client, place: Place): Promise<Service | null> => {
  try {
    return await client.deployments.services.get(place);
  } catch (err) {
    if (clientError(err).code !== "not_found") throw err;
  }
  const { project, environment = PRODUCTION } = place;
  if (environment === PRODUCTION || (await isEnvironmentThere(client, project, environment))) return null;
  throw new UsageError(
    `There is no environment ${environment} in ${project}. Make it with: homeport environment create ${environment} --project ${project}`,
  );
};

/** Every project has it from its beginning. */
const PRODUCTION = "production";

const isEnvironmentThere = async (client: Client, project: string, environment: string): Promise<boolean> => {
  try {
    const { items } = await client.deployments.environments.list({ project });
    return items.some(({ slug }) => slug === environment);
  } catch (err) {
    if (clientError(err).code === "not_found") return false;
    throw err;
  }
};

const changeService = async (
  client: Client,
  place: Place,
  known: Service,
  source: Source,
  changes: ReturnType<typeof settingsOf>,
): Promise<void> => {
  const settings = { ...known.settings, ...changes };
  const same = Bun.deepEquals(source, known.source) && Bun.deepEquals(settings, known.settings);
  if (!same) await client.deployments.services.update({ ...place, source, settings });
};

/** Makes the service, and its project when that is missing; gives what takes both away again, where the role allows that. */
const makeService = async (
  client: Client,
  place: Place,
  source: Source,
  changes: ReturnType<typeof settingsOf>,
): Promise<() => Promise<void>> => {
  const { project, service: slug } = place;
  const target: Target = { project, service: slug };
  const { projects, services } = client.deployments;
  const isNewProject = !(await isProjectThere(client, project)) && (await isMade(projects.create({ slug: project })));
  const undo = async (isNewService: boolean) => {
    if (isNewService) await services.remove(target).catch(() => null);
    if (isNewProject) await projects.remove({ project }).catch(() => null);
  };
  try {
    const isNewService = await isMade(services.create({ project, slug, source, settings: changes }));
    return () => undo(isNewService);
  } catch (err) {
    await undo(false);
    throw err;
  }
};

/** Asked by its services: a token that deploys may read these, and perhaps not the project. */
const isProjectThere = async (client: Client, project: string): Promise<boolean> => {
  try {
    await client.deployments.services.list({ project, limit: 1 });
    return true;
  } catch (err) {
    if (clientError(err).code === "not_found") return false;
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

const upload = async (options: ClientOptions, { path, files }: Folder, undo: () => Promise<void>): Promise<string> => {
  note(`==> Uploading ${files.length} files`);
  const archive = packFiles(path, files);
  try {
    return (await uploadArchive(options, archive.body)).id;
  } catch (err) {
    await undo();
    throw archive.failure() ?? err; // what is wrong with the folder explains why the platform got only a part
  }
};
