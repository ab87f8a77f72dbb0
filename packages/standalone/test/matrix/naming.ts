/** Names of fields that name something, whatever the route. */
export const NAMING: readonly string[] = [
  ...[
    "account",
    "copyFrom",
    "environment",
    "environmentId",
    "grant",
    "group",
    "host",
    "invite",
    "jobId",
    "nodeId",
    "organisation",
  ],
  ...["organisationId", "person", "project", "projectId", "reference", "releaseId", "repository", "rule", "scopes"],
  ...["service", "serviceAccount", "serviceId", "session", "stream", "streamId", "team", "teams", "to", "token"],
  ...["uploadId", "who", "workloadId"],
];

/** These name a workload of the service in their path, with it, by the one loader that `services.get` is asked about. */
const OF_A_SERVICE = [
  ...[
    "services.update",
    "services.remove",
    "variables.list",
    "variables.set",
    "variables.unset",
    "cron.get",
    "cron.run",
  ],
  ...["deployments.create", "deployments.list", "deployments.get", "deployments.cancel", "deployments.redeploy"],
  ...["releases.list", "releases.rollback", "releases.promote", "releases.keep"],
  ...["volumes.list", "volumes.get", "volumes.create", "volumes.update", "volumes.remove"],
  ...["volumeData.usage", "volumeData.files", "volumeData.reset", "volumeData.resize"],
  ...["volumeOperations.list", "volumeOperations.get"],
  ...["snapshots.list", "snapshots.create", "snapshots.remove", "snapshots.restore"],
  ...["runs.create", "runs.list", "runs.get", "runs.cancel", "variables.reveal"],
  ...["secretAttachments.list", "secretAttachments.attach", "secretAttachments.detach"],
  ...["bindings.list", "bindings.create", "bindings.remove"],
];

/** Fields in `NAMING` that are no reference to what may be another's, and why. */
export const NO_REFERENCE: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    OF_A_SERVICE.map((route) => [`deployments ${route}: environment`, "part of what the route is about"]),
  ),
  "clusters tasks.create: nodeId": "apps alone ask, and nodes are the platform's",
  "auth invites.lookup: token": "a secret: whoever has it may",
  "auth invites.accept: token": "a secret: whoever has it may",
  "auth setup.claim: token": "a secret: whoever has it may",
  "auth setup.claim: organisation": "is made, not found",
  "auth profile.confirmEmail: token": "a secret: whoever has it may",
  "auth mail.test: to": "an address",
  "auth instanceAudit.list: project": "the platform's own log tells of no project",
  "registry manifests.get: reference": "a tag or digest of the repository that the route is about",
  "deployments releases.rollback: to": "a number that each service counts for itself",
  "auth audit.list: to": "a moment",
  "auth instanceAudit.list: to": "a moment",
  "logging streams.lines: to": "a moment",
  "deployments gitCredentials.setGitToken: token": "a secret of the repository's server, not one of ours",
  "deployments deployments.create: uploadId": "looked up when it is built; a test of its own below",
};
