import { join } from "node:path";
import type { Sql } from "@homeport/kit/db/connect.ts";
import { newId, type OrganisationId, type ProjectId } from "@homeport/kit/ids.ts";
import { type TestDatabase, testDatabase } from "@homeport/kit/test/database.ts";
import { type Limits, MiB } from "../src/limits.ts";
import type { Line } from "../src/line.ts";
import { appendLines } from "../src/service/append-lines.ts";
import type { LoggingDeps } from "../src/service/deps.ts";
import { type LineQuery, readLines } from "../src/service/read-lines.ts";
import { createStream } from "../src/service/streams.ts";
import type { StreamId, StreamKind, StreamOwner } from "../src/stream.ts";

export const owner: StreamOwner = {
  organisationId: newId<OrganisationId>(),
  projectId: newId<ProjectId>(),
  serviceId: null,
  environmentId: null,
};

const DAY_MS = 24 * 3_600_000;

export type World = {
  database: TestDatabase;
  sql: Sql;
  deps: LoggingDeps;
  limits: Limits;
  /** Announcements so far, newest last. */
  announced: { stream: StreamId; lastLine: number }[];
  pass(ms: number): void;
  makeStream(kind?: StreamKind): Promise<StreamId>;
  line(text: string): Line;
  append(
    id: StreamId,
    texts: string[],
    options?: { writer?: string; offset?: number },
  ): Promise<{ nextOffset: number; lastLine: number }>;
  read(
    id: StreamId,
    query?: Partial<Omit<LineQuery, "filter">> & { text?: string; from?: Date; to?: Date },
  ): ReturnType<typeof readLines>;
  texts(id: StreamId): Promise<string[]>;
  chunks(id: StreamId): Promise<{ first: number; count: number }[]>;
};

export const createWorld = async (): Promise<World> => {
  const database = await testDatabase([{ app: "logging", dir: join(import.meta.dir, "../src/migrations") }]);
  const sql = database.connect("logging", { max: 6 });
  let now = Date.parse("2026-05-01T12:00:00Z");
  const announced: World["announced"] = [];
  const limits: Limits = {
    buildBytes: 100e6,
    runtimeBytes: 256 * MiB,
    runtimeAgeMs: 14 * DAY_MS,
    buildAgeMs: 90 * DAY_MS,
  };
  const deps: LoggingDeps = {
    sql,
    clock: () => new Date(now),
    limits: () => limits,
    channel: { announce: (stream, lastLine) => announced.push({ stream, lastLine }), listen: () => () => undefined },
  };
  const line = (text: string): Line => ({ at: new Date(now), stream: "stdout", replica: null, text });
  const offsets = new Map<string, number>();
  const read: World["read"] = (id, { text, from, to, ...query } = {}) =>
    readLines(deps, id, {
      position: { after: 0 },
      limit: 1_000,
      filter: { text: text ?? null, from: from ?? null, to: to ?? null },
      ...query,
    });
  return {
    database,
    sql,
    deps,
    limits,
    announced,
    pass(ms) {
      now += ms;
    },
    async makeStream(kind = "runtime") {
      const id = `${kind}.${newId()}` as StreamId;
      await createStream(deps, id, owner);
      return id;
    },
    line,
    async append(id, texts, { writer = "w", offset } = {}) {
      const key = `${id} ${writer}`;
      const from = offset ?? offsets.get(key) ?? 0;
      const lines = texts.map(line);
      const answer = await appendLines(deps, { streamId: id, writer, offset: from, lines });
      offsets.set(key, answer.nextOffset);
      return answer;
    },
    read,
    async texts(id) {
      const all: string[] = [];
      for (let after = 0; ; ) {
        const { lines } = await read(id, { position: { after } });
        const last = lines.at(-1);
        if (last === undefined) return all;
        all.push(...lines.map(({ text }) => text));
        after = last.n;
      }
    },
    chunks: (id) => sql<{ first: number; count: number }[]>`
      select first_line as first, line_count as count from logging.chunks where stream_id = ${id} order by first_line`,
  };
};

export const numbered = (count: number, from = 1): string[] =>
  Array.from({ length: count }, (_, i) => `line ${from + i}`);
