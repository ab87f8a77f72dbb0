import { join } from "node:path";
import { defineApp } from "@homeport/kit/app.ts";
import { afterCommit } from "@homeport/kit/db/connect.ts";
import { isId, type JobId, type RunId, type WorkloadId } from "@homeport/kit/ids.ts";
import { createPipes } from "@homeport/kit/pipe/pipe.ts";
import { settingsOf } from "@homeport/kit/settings/app-settings.ts";
import { z } from "zod";
import { ciBuilds } from "./adapters/builds.ts";
import { createCanvasPresence } from "./adapters/canvas-presence.ts";
import { createDeliveryLimits } from "./adapters/delivery-limits.ts";
import { registryImages } from "./adapters/images.ts";
import { loggingStreams } from "./adapters/log-streams.ts";
import { clusterTasks } from "./adapters/node-tasks.ts";
import { PROVIDERS } from "./adapters/providers/all.ts";
import { ciRefs } from "./adapters/refs.ts";
import { clusterRollouts } from "./adapters/rollouts.ts";
import { clusterRuns } from "./adapters/runs.ts";
import { clusterShells } from "./adapters/shells.ts";
import { clusterVolumeNodes } from "./adapters/volume-nodes.ts";
import { canvasSocket } from "./api/canvas-socket.ts";
import { handlers } from "./api/handlers.ts";
import { hookDeliveryRoute } from "./api/hook-delivery.ts";
import { shellSocket } from "./api/shell-socket.ts";
import { appSettings } from "./app-settings.ts";
import { contract } from "./contract.ts";
import { manifest } from "./manifest.ts";
import { pages } from "./pages/index.tsx";
import { createBindings } from "./service/bindings.ts";
import { createCanvasParts } from "./service/canvas-parts.ts";
import { SEALED_CHANGES } from "./service/change-seals.ts";
import { createChanges } from "./service/changes.ts";
import { startCronScheduler } from "./service/cron-scheduler.ts";
import { createCrons } from "./service/crons.ts";
import { createDeploys } from "./service/deploy.ts";
import { createEdgeSource } from "./service/edges.ts";
import { createEditEnvironments } from "./service/edit-environments.ts";
import { SEALED } from "./service/env.ts";
import { createEnvironments } from "./service/environments.ts";
import { createGitCredentials } from "./service/git-credentials.ts";
import { createGroups } from "./service/groups.ts";
import { createSourceReads, hookLoaders } from "./service/hook-loader.ts";
import { createHooks } from "./service/hooks.ts";
import { createKeptVolumes } from "./service/kept-volumes.ts";
import { loaders } from "./service/loaders.ts";
import { createVolumeLooks } from "./service/look-into-volume.ts";
import { startOneOffStepper } from "./service/one-off-stepper.ts";
import { createOneOffs } from "./service/one-offs.ts";
import { startPoller } from "./service/poller.ts";
import { createProjects } from "./service/projects.ts";
import { createReads } from "./service/reads.ts";
import { createDeliveries } from "./service/receive-delivery.ts";
import { createRedeployUsers } from "./service/redeploy-users.ts";
import { createReleases } from "./service/releases.ts";
import { createRenameProject } from "./service/rename-project.ts";
import { createRepositories } from "./service/repositories.ts";
import { createRestoreVolume } from "./service/restore-volume.ts";
import { startRetention } from "./service/retention.ts";
import { createReveals } from "./service/reveal.ts";
import { SEALED_RUNS } from "./service/run-seals.ts";
import { scopeLoaders } from "./service/scope-resource.ts";
import { createSecretAttachments } from "./service/secret-attachments.ts";
import { createSecretGroups } from "./service/secret-groups.ts";
import { SEALED_SECRETS } from "./service/secret-seals.ts";
import { createServices } from "./service/services.ts";
import { createShells } from "./service/shells.ts";
import { startSnapshotRemovals } from "./service/snapshot-removals.ts";
import { SEALED_SOURCES } from "./service/source-seals.ts";
import { type Stepper, startStepper } from "./service/stepper.ts";
import { createTeardowns, startTeardowns } from "./service/teardown.ts";
import { createTemplates } from "./service/templates.ts";
import { createVariables } from "./service/variables.ts";
import { volumeLoaders } from "./service/volume-loader.ts";
import { createVolumeOperations } from "./service/volume-operations.ts";
import { startVolumeRemover } from "./service/volume-remover.ts";
import { createVolumeSnapshots } from "./service/volume-snapshots.ts";
import { startVolumeStepper } from "./service/volume-stepper.ts";
import { createVolumes } from "./service/volumes.ts";
import { pokeJob, pokeRun, pokeWorkload, setTraffic } from "./store/deployments.ts";
import { pokeOneOff } from "./store/runs.ts";
import { pokeVolumeOperations } from "./store/volume-operations.ts";

/** What the clusters app tells of requests while traffic changed over; null where no gateway could be asked. */
const Settled = z.object({
  generation: z.number().int(),
  requests: z.number().int().min(0).nullable(),
  failedRequests: z.number().int().min(0).nullable(),
});

export const app = defineApp({
  manifest,
  contract,
  migrations: join(import.meta.dir, "migrations"),
  sealed: [...SEALED, ...SEALED_SECRETS, ...SEALED_CHANGES, ...SEALED_RUNS, ...SEALED_SOURCES],
  start(context) {
    const { sql, config, keys } = context;
    const outside = {
      builds: ciBuilds(context),
      rollouts: clusterRollouts(context),
      runs: clusterRuns(context),
      images: registryImages(context),
      logs: loggingStreams(context),
      volumeNodes: clusterVolumeNodes(context),
      tasks: clusterTasks(context),
    };
    const refs = ciRefs(context);
    const setting = settingsOf(context, appSettings);
    let stepper: Stepper | null = null;
    let poller: { done: Promise<void> } | null = null;
    let teardowns: { done: Promise<void> } | null = null;
    let retention: { done: Promise<void> } | null = null;
    let oneOffStepper: Stepper | null = null;
    let volumeRemover: Stepper | null = null;
    let volumeStepper: Stepper | null = null;
    let snapshotRemovals: Stepper | null = null;
    let crons: { done: Promise<void> } | null = null;
    const wake = () => stepper?.wake();
    const wakeRuns = () => oneOffStepper?.wake();
    const wakeVolumes = () => volumeStepper?.wake();
    const applying = { sql, keys, urls: config, wake, teardowns: createTeardowns(context, outside) };
    const presence = createCanvasPresence(context.valkey);
    const pipes = createPipes(context.valkey);
    const shells = createShells({ sql, pipes, replicas: clusterShells(context) });
    const useCases = {
      projects: createProjects(sql),
      renameProject: createRenameProject(applying),
      environments: createEnvironments(sql),
      editEnvironments: createEditEnvironments(applying),
      groups: createGroups(applying),
      changes: createChanges(applying),
      canvas: createCanvasParts({ ...context, presence, edges: createEdgeSource(sql) }),
      services: createServices(applying),
      templates: createTemplates(applying),
      bindings: createBindings(applying),
      deploys: createDeploys(sql, wake),
      releases: createReleases(sql),
      secretGroups: createSecretGroups(sql, keys),
      secretAttachments: createSecretAttachments(applying),
      volumes: createVolumes(applying),
      keptVolumes: createKeptVolumes({ sql }, () => volumeRemover?.wake()),
      restoreVolume: createRestoreVolume(applying, outside),
      redeployUsers: createRedeployUsers(sql, wake),
      reveals: createReveals(sql, keys),
      variables: createVariables(applying),
      reads: createReads(sql),
      hooks: createHooks(sql, keys),
      gitCredentials: createGitCredentials(sql, keys),
      repositories: createRepositories(sql, keys, refs),
      oneOffs: createOneOffs(sql, keys, wakeRuns),
      crons: createCrons(sql, keys, wakeRuns),
      volumeLooks: createVolumeLooks(sql, outside, context.signal),
      volumeOperations: createVolumeOperations(sql, wakeVolumes),
      volumeSnapshots: createVolumeSnapshots(sql, () => snapshotRemovals?.wake()),
      sourceReads: createSourceReads(sql),
      urls: config,
    };
    return {
      handlers: handlers(useCases),
      sockets: [canvasSocket(useCases.canvas), shellSocket(shells)],
      loaders: { ...loaders(sql), ...scopeLoaders(sql), ...hookLoaders(sql), ...volumeLoaders(sql) },
      routes: [hookDeliveryRoute(createDeliveries(sql, keys, PROVIDERS, wake), createDeliveryLimits(context))],
      pages: pages(useCases),
      // Events only say that there is something to look at; what is so is asked of the app that owns it.
      consumers: [
        {
          name: "builds",
          types: ["ci.job.succeeded", "ci.job.failed", "ci.job.cancelled"],
          handle: async ({ subject }, tx) => {
            if (subject === null || !isId(subject)) return;
            await pokeJob(tx, subject as JobId);
            afterCommit(tx, wake);
          },
        },
        {
          name: "rollouts",
          types: ["clusters.rollout.*"],
          handle: async ({ subject }, tx) => {
            if (subject === null || !isId(subject)) return;
            await pokeWorkload(tx, subject as WorkloadId);
            await pokeVolumeOperations(tx, subject as WorkloadId);
            afterCommit(tx, wake);
            afterCommit(tx, wakeVolumes);
          },
        },
        {
          name: "runs",
          types: ["clusters.run.*"],
          handle: async ({ subject }, tx) => {
            if (subject === null || !isId(subject)) return;
            await pokeRun(tx, subject as RunId);
            await pokeOneOff(tx, subject as RunId);
            afterCommit(tx, wake);
            afterCommit(tx, wakeRuns);
          },
        },
        {
          name: "traffic",
          types: ["clusters.rollout.settled"],
          handle: async ({ subject, data }, tx) => {
            const settled = Settled.safeParse(data);
            if (subject === null || !isId(subject) || !settled.success) return;
            await setTraffic(tx, subject as WorkloadId, settled.data.generation, settled.data);
          },
        },
      ],
      run: () => {
        stepper = startStepper(context, outside);
        oneOffStepper = startOneOffStepper(context, outside);
        volumeRemover = startVolumeRemover(context, outside);
        volumeStepper = startVolumeStepper(context, outside, applying);
        snapshotRemovals = startSnapshotRemovals(context, outside);
        crons = startCronScheduler({ ...context, wake: wakeRuns });
        teardowns = startTeardowns(context, outside);
        retention = startRetention(context, outside.images, () => ({
          keptCount: setting.get("releases-kept"),
          keepDays: setting.get("release-keep-days"),
        }));
        const intervalMs = () => setting.get("poll-minutes") * 60_000;
        poller = startPoller({ ...context, refs, intervalMs, wake });
      },
      stop: async () => {
        await stepper?.done;
        await oneOffStepper?.done;
        await volumeRemover?.done;
        await volumeStepper?.done;
        await snapshotRemovals?.done;
        await crons?.done;
        await teardowns?.done;
        await retention?.done;
        await poller?.done;
        await useCases.canvas.rooms.stop();
        presence.close();
        await pipes.close();
      },
    };
  },
});
