import { audit } from "@homeport/kit/audit/audit.ts";
import type { Tx } from "@homeport/kit/db/connect.ts";
import { serverOf } from "../repository-url.ts";
import type { Source } from "../source.ts";
import { diffStates } from "../state/diff.ts";
import type { ProjectState } from "../state/project-state.ts";
import { deleteCredentialsFor } from "../store/git-credentials.ts";

/**
 * Forgets deploy keys and tokens of services whose repository is on another server now: they were given for the one it was
 * on, whoever changed the address.
 */
export const dropForeignCredentials = async (tx: Tx, before: ProjectState, after: ProjectState): Promise<void> => {
  for (const { before: was, after: is } of diffStates(before, after).services) {
    if (was === null || is === null) continue;
    const server = serverOfSource(is.source);
    if (serverOfSource(was.source) === server) continue;
    for (const gone of await deleteCredentialsFor(tx, is.id, server)) {
      await audit(tx, {
        app: "deployments",
        action: "git-credential:remove",
        organisationId: after.organisationId,
        projectId: after.project.id,
        subject: { kind: "service", id: is.id, name: is.slug },
        reason: "Its repository is on another server now.",
        before: gone,
      });
    }
  }
};

const serverOfSource = (source: Source): string | null => (source.kind === "git" ? serverOf(source.url) : null);
