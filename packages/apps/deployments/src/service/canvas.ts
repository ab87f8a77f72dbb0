import type { Sql } from "@homeport/kit/db/connect.ts";
import { DomainError } from "@homeport/kit/errors.ts";
import type { EnvironmentId, ServiceId } from "@homeport/kit/ids.ts";
import type { EdgeSource } from "../canvas/edges.ts";
import { type LoggedEffect, REPLAY_BYTES, REPLAY_EFFECTS } from "../canvas/operation.ts";
import type { CanvasState, DraftSummary, Graph, ServiceStatus } from "../canvas/view.ts";
import { type Environment, PRODUCTION } from "../environment.ts";
import type { Project } from "../project.ts";
import { listStatuses, summarizeDraft } from "../store/canvas-graph.ts";
import { findHead, listEffects, measureLog } from "../store/canvas-log.ts";
import { listGroupNodes, listNotes, listServiceNodes } from "../store/canvas-nodes.ts";
import { findEnvironment } from "../store/environments.ts";

/** Effects that are read at once. */
const PAGE = 200;

/** What is on the canvas of a project, and what was done there. */
export const createCanvas = (sql: Sql, edges: EdgeSource) => ({
  /** The environment whose services are looked at; production unless one is named. @throws {DomainError} not_found */
  async environment(project: Project, reference: string = PRODUCTION): Promise<Environment> {
    const found = await findEnvironment(sql, project, reference);
    if (found === null) throw new DomainError("not_found", "There is no such environment.");
    return found;
  },

  /** All of it as of one moment, but for the edges, which nobody's effects change. */
  async state(project: Project, environment: EnvironmentId): Promise<CanvasState> {
    const drawn = await edges.listEdges(project);
    return sql.begin("isolation level repeatable read read only", async (tx) => ({
      seq: await findHead(tx, project.id),
      services: await listServiceNodes(tx, project.id),
      groups: await listGroupNodes(tx, project.id),
      notes: await listNotes(tx, project.id),
      statuses: await listStatuses(tx, project.id, { environment }),
      draft: await summarizeDraft(tx, project.id),
      edges: drawn,
    }));
  },

  async graph(project: Project): Promise<Graph> {
    return {
      edges: await edges.listEdges(project),
      services: await listServiceNodes(sql, project.id),
      groups: await listGroupNodes(sql, project.id),
    };
  },

  statuses: (project: Project, of: { environment: EnvironmentId } | { service: ServiceId }): Promise<ServiceStatus[]> =>
    listStatuses(sql, project.id, of),

  draft: (project: Project): Promise<DraftSummary> => summarizeDraft(sql, project.id),

  head: (project: Project): Promise<number> => findHead(sql, project.id),

  /** The next effects after `seq`, in order; none at the end. */
  effects: (project: Project, seq: number): Promise<LoggedEffect[]> => listEffects(sql, project.id, seq, PAGE),

  /** What somebody missed who has everything up to `since`; null when they are better off with the whole state. */
  async missed(project: Project, since: number): Promise<LoggedEffect[] | null> {
    const head = await findHead(sql, project.id);
    if (since === head) return [];
    if (since > head) return null; // of another canvas, or of before the database was restored
    const { first, count, bytes } = await measureLog(sql, project.id, since);
    const isThere = first !== null && first <= since + 1;
    if (!isThere || count > REPLAY_EFFECTS || bytes > REPLAY_BYTES) return null;
    return listEffects(sql, project.id, since, REPLAY_EFFECTS);
  },
});

export type Canvas = ReturnType<typeof createCanvas>;
