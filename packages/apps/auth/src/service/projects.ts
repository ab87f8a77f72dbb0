import type { EventHandler } from "@homeport/kit/app.ts";
import type { Sql, Tx } from "@homeport/kit/db/connect.ts";
import type { PlatformEvent } from "@homeport/kit/events/event.ts";
import type { Scope } from "@homeport/kit/http/context.ts";
import type { OrganisationId, ProjectId } from "@homeport/kit/ids.ts";
import { cutPage, type Paged } from "@homeport/kit/paging.ts";
import { z } from "zod";
import type { Environment, Project, ProjectWithGrants } from "../project.ts";
import { listEnvironments, listProjects, putEnvironments, putProject, removeProject } from "../store/projects.ts";
import { announceAccess } from "./access-changed.ts";

export const createProjects = (sql: Sql) => ({
  /** By slug, after the slug in `cursor`. */
  async list(scope: Scope, cursor: string, limit: number): Promise<Paged<ProjectWithGrants>> {
    return cutPage(await listProjects(sql, scope, cursor, limit + 1), limit, ({ slug }) => slug);
  },

  listEnvironments: (project: Project): Promise<Environment[]> => listEnvironments(sql, project),
});

export type Projects = ReturnType<typeof createProjects>;

/** What the deployments app tells of a project that is new or changed; of those from before environments were told it says none. */
const Created = z.object({
  slug: z.string().min(1).max(60),
  environments: z
    .array(z.object({ id: z.uuid(), slug: z.string().min(1).max(60) }))
    .max(100)
    .optional(),
});

/**
 * Keeps the copy of projects that roles and tokens are limited by. Told once more, an event changes nothing.
 */
export const projectCopy: EventHandler = {
  name: "projects",
  types: ["deployments.project.created", "deployments.project.changed", "deployments.project.removed"],
  async handle(event, tx) {
    const place = placeOf(event);
    if (place === null) return;
    if (event.type !== "deployments.project.removed") return keep(tx, place, Created.parse(event.data));
    await removeProject(tx, place);
    await announceAccess(tx, place.organisationId, {});
  },
};

const keep = async (tx: Tx, place: Place, { slug, environments }: z.infer<typeof Created>): Promise<void> => {
  const project = { ...place, slug };
  await putProject(tx, project);
  if (environments !== undefined) await putEnvironments(tx, project, environments);
};

type Place = { organisationId: OrganisationId; id: ProjectId };

const placeOf = ({ organisationId, projectId }: PlatformEvent): Place | null =>
  organisationId === null || projectId === null
    ? null
    : { organisationId: organisationId as OrganisationId, id: projectId as ProjectId };
