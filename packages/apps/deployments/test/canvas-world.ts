import { jsonb } from "@homeport/kit/db/connect.ts";
import { emit } from "@homeport/kit/events/emit.ts";
import type { Role } from "@homeport/kit/principal.ts";
import { startTestApp, type TestApp } from "@homeport/kit/test/app.ts";
import { openSocket, type SocketDoor, socketDoor, type TestSocket } from "@homeport/kit/test/socket-client.ts";
import { waitFor } from "@homeport/kit/test/wait-for.ts";
import { canvasApp } from "./canvas-app.ts";

export type TestProject = { id: string; slug: string; environmentId: string; services: Record<string, string> };

/** Somebody on a canvas: their socket, and what they call their operations. */
export type Hand = TestSocket & {
  client: string;
  /** The newest effect that they were told of. */
  seq(): number;
  /** Does one operation and waits until it is acknowledged, or refused. */
  operate(operation: Record<string, unknown>): Promise<{ type: string; [field: string]: unknown }>;
  /** Every effect that they were told of, in order. */
  effects(): { seq: number; id: string; client: string; effect: Record<string, unknown> }[];
};

export type CanvasWorld = TestApp & {
  door: SocketDoor;
  newProject(services?: string[]): Promise<TestProject>;
  newService(project: TestProject, slug: string): Promise<string>;
  newGroup(project: TestProject, slug: string): Promise<string>;
  /** Opens a canvas, through another door for another instance. */
  open(project: TestProject, options?: OpenOptions): Promise<Hand>;
  emit(project: TestProject, type: string, data?: Record<string, unknown>): Promise<void>;
  canvas(project: TestProject, role?: Role): ReturnType<TestApp["json"]>;
  operate(project: TestProject, operations: object[], role?: Role, client?: string): ReturnType<TestApp["json"]>;
};

export type OpenOptions = {
  role?: Role;
  headers?: Record<string, string>;
  since?: number;
  client?: string;
  environment?: string;
  door?: SocketDoor;
};

let count = 0;

export const startCanvasWorld = async (): Promise<CanvasWorld> => {
  const test = await startTestApp(canvasApp);
  const door = await socketDoor(() => world.running.baseUrl.slice("unix:".length));
  const { admin } = test.database;
  const path = ({ slug }: TestProject) => `/api/v1/deployments/projects/${slug}/canvas`;
  const world: CanvasWorld = {
    ...test,
    door,
    async newProject(services = ["api", "web"]) {
      count += 1;
      const project: TestProject = {
        id: Bun.randomUUIDv7(),
        slug: `shop${count}`,
        environmentId: Bun.randomUUIDv7(),
        services: {},
      };
      await admin`
        insert into deployments.projects (id, organisation_id, organisation_slug, slug)
        values (${project.id}, ${test.home.id}, 'home', ${project.slug})`;
      await admin`
        insert into deployments.environments (id, organisation_id, project_id, slug)
        values (${project.environmentId}, ${test.home.id}, ${project.id}, 'production')`;
      for (const slug of services) await world.newService(project, slug);
      return project;
    },
    async newService(project, slug) {
      const id = Bun.randomUUIDv7();
      const workloadId = Bun.randomUUIDv7();
      await admin`
        insert into deployments.services (id, organisation_id, project_id, slug, source, settings)
        values (${id}, ${test.home.id}, ${project.id}, ${slug}, ${jsonb(admin, { kind: "upload" })}, '{}')`;
      await admin`
        insert into deployments.workloads (id, organisation_id, service_id, environment_id, host_label)
        values (${workloadId}, ${test.home.id}, ${id}, ${project.environmentId}, ${`h-${workloadId}`})`;
      project.services[slug] = id;
      return id;
    },
    async newGroup(project, slug) {
      const id = Bun.randomUUIDv7();
      await admin`
        insert into deployments.groups (id, organisation_id, project_id, slug)
        values (${id}, ${test.home.id}, ${project.id}, ${slug})`;
      return id;
    },
    async open(project, options = {}) {
      const { role = "owner", since, environment, client = Bun.randomUUIDv7() } = options;
      const query = new URLSearchParams({
        client,
        ...(since === undefined ? {} : { since: String(since) }),
        ...(environment === undefined ? {} : { environment }),
      });
      const socket = await openSocket((options.door ?? door).port, `${path(project)}/socket?${query}`, {
        headers: options.headers ?? test.home.headers(role),
      });
      return handOf(socket, client);
    },
    async emit({ id }, type, data = {}) {
      await emit(admin, { type, source: "deployments", organisationId: test.home.id, projectId: id, data });
    },
    canvas: (project, role = "owner") => test.json("GET", path(project), test.home.headers(role)),
    operate: (project, operations, role = "owner", client = Bun.randomUUIDv7()) =>
      test.json("POST", `${path(project)}/operations`, test.home.headers(role), { client, operations }),
    async stop() {
      await door.close();
      await test.stop();
    },
  };
  return world;
};

const handOf = (socket: TestSocket, client: string): Hand => {
  let operations = 0;
  const effects: Hand["effects"] = () =>
    socket.messages.flatMap((message) => (message.type === "ops" ? message.ops : []));
  return Object.assign(Object.create(socket) as TestSocket, {
    client,
    effects,
    seq: () =>
      Math.max(
        0,
        ...effects().map(({ seq }) => seq),
        ...socket.messages.map(({ type, seq }) => (type === "state" ? seq : 0)),
      ),
    async operate(operation: Record<string, unknown>) {
      operations += 1;
      const id = (operation.id as string | undefined) ?? `op${operations}`;
      const before = socket.messages.length;
      socket.send({ ...operation, id });
      return waitFor(
        () =>
          socket.messages.slice(before).find(({ type, id: of }) => (type === "ack" || type === "error") && of === id),
        { message: `${id} is answered` },
      );
    },
  });
};
