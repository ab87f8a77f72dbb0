import { posix } from "node:path";
import { Readable } from "node:stream";
import { MAX_VOLUME_ENTRIES, MAX_VOLUME_FILE_BYTES, type VolumeEntry } from "@homeport/clusters/contract.ts";
import type Docker from "dockerode";
import { extract, type Header } from "tar-stream";
import { z } from "zod";
import type { Found } from "../../ports.ts";
import { TaskFailure } from "../../task-failure.ts";
import { readCompressed, writeCompressed } from "../compressed-file.ts";
import { call, callUnless } from "./calls.ts";
import { LABEL } from "./containers.ts";
import type { Endpoint } from "./endpoint.ts";
import { openStream } from "./streams.ts";

const TIMEOUT_MS = 30_000;
/** Where the volume lies in the container that it is looked at through. */
const PLACE = "/volume";
const HELPER = "dev.homeport.helper";
/** Go's os.FileMode bits, as the engine tells them (X-Docker-Container-Path-Stat). */
const MODE_DIR = 0x80000000;
const MODE_LINK = 0x08000000;

const PathStat = z.object({ size: z.number(), mode: z.number(), mtime: z.string() });

/**
 * A volume whose folder cannot be reached from here: the agent is not root, or the engine is on another machine. The engine
 * reads and writes it as an archive, through a container that is never started.
 */
export const createVolumeArchive = (docker: Docker, endpoint: Endpoint, nodeId: string) => {
  /** @throws {TaskFailure} not_supported, when there is no image to make the container of. */
  const assertReachable = async (imageName: string | null): Promise<string> => {
    const found =
      imageName === null
        ? null
        : await callUnless([404], "inspect an image", TIMEOUT_MS, () => docker.getImage(imageName).inspect());
    if (imageName !== null && found !== null) return imageName;
    const message =
      "The volume can only be reached through an image of its service, and none is on this node now. Start the service once, or run the agent as root on the engine's machine.";
    throw new TaskFailure("not_supported", message);
  };

  const withContainer = async <T>(
    name: string,
    imageName: string | null,
    use: (containerId: string) => Promise<T>,
  ): Promise<T> => {
    const image = await assertReachable(imageName);
    const container = await call("create", TIMEOUT_MS, () =>
      docker.createContainer({
        Image: image,
        Cmd: ["homeport-is-never-started"],
        Labels: { [LABEL.node]: nodeId, [HELPER]: "1" },
        HostConfig: {
          NetworkMode: "none",
          // nothing of the image is copied into the volume
          Mounts: [{ Type: "volume", Source: name, Target: PLACE, VolumeOptions: NO_COPY }],
        },
      }),
    );
    try {
      return await use(container.id);
    } finally {
      await callUnless([404], "remove", TIMEOUT_MS, () => container.remove({ force: true, v: true }));
    }
  };

  const open = async (containerId: string, path: string, signal: AbortSignal): Promise<ReadableStream<Uint8Array>> => {
    const url = `/containers/${containerId}/archive?${new URLSearchParams({ path })}`;
    const res = await openStream(endpoint, url, { method: "GET", signal });
    if (res.status === 404) throw new TaskFailure("path_not_found", "There is no such file or folder in the volume.");
    if (!res.ok || res.body === null)
      throw new TaskFailure("task_failed", "The Docker engine refused to read the volume.");
    return res.body;
  };

  /** What is at the place itself, without following a link. */
  const look = async (containerId: string, path: string): Promise<z.infer<typeof PathStat>> => {
    const answer = await callUnless([404], "look at a path", TIMEOUT_MS, () =>
      docker.getContainer(containerId).infoArchive({ path }),
    );
    const header: unknown = answer?.headers?.["x-docker-container-path-stat"];
    if (typeof header !== "string") {
      throw new TaskFailure("path_not_found", "There is no such file or folder in the volume.");
    }
    return PathStat.parse(JSON.parse(Buffer.from(header, "base64").toString("utf8")));
  };

  return {
    assertReachable,

    measure: (name: string, imageName: string | null, signal: AbortSignal) =>
      withContainer(name, imageName, async (id) => {
        const sum = { bytes: 0, files: 0 };
        for await (const { header } of entriesOf(await open(id, `${PLACE}/.`, signal))) {
          sum.bytes += header.size ?? 0;
          if (posix.normalize(header.name) !== "./") sum.files += 1;
        }
        return sum;
      }),

    browse: (name: string, imageName: string | null, path: string, signal: AbortSignal): Promise<Found> =>
      withContainer(name, imageName, async (id) => {
        let at = PLACE;
        let found = await look(id, at);
        for (const part of path.split("/").filter((each) => each !== "")) {
          at = `${at}/${part}`;
          found = await look(id, at);
          if ((found.mode & MODE_LINK) !== 0) throw isLink(path);
        }
        return (found.mode & MODE_DIR) !== 0
          ? listFolder(await open(id, `${at}/.`, signal))
          : readFirst(await open(id, at, signal), path);
      }),

    pack: (name: string, imageName: string | null, file: string, signal: AbortSignal): Promise<void> =>
      withContainer(name, imageName, async (id) => writeCompressed(file, await open(id, `${PLACE}/.`, signal), signal)),

    /** Into an empty volume. */
    unpack: (name: string, imageName: string | null, file: string, signal: AbortSignal): Promise<void> =>
      withContainer(name, imageName, async (id) => {
        const input = Readable.from(readCompressed(file, signal));
        await docker.getContainer(id).putArchive(input, { path: PLACE, abortSignal: signal });
      }),

    /** What a crash left behind. */
    async removeHelpers(): Promise<void> {
      const filters = { label: [`${LABEL.node}=${nodeId}`, HELPER] };
      const found = await call("list", TIMEOUT_MS, () => docker.listContainers({ all: true, filters }));
      // an image may bring labels too, so that a replica could look like one of these
      for (const { Id } of found.filter(({ Labels }) => Labels[LABEL.replica] === undefined)) {
        await callUnless([404, 409], "remove", TIMEOUT_MS, () =>
          docker.getContainer(Id).remove({ force: true, v: true }),
        );
      }
    },
  };
};

const NO_COPY = { NoCopy: true, Labels: {}, DriverConfig: { Name: "local", Options: {} } };

async function* entriesOf(body: ReadableStream<Uint8Array>) {
  const tar = extract();
  const source = Readable.from(body);
  source.on("error", (err) => tar.destroy(err));
  source.pipe(tar);
  for await (const entry of tar) {
    yield entry;
    entry.resume();
  }
}

const listFolder = async (body: ReadableStream<Uint8Array>): Promise<Found> => {
  const entries: VolumeEntry[] = [];
  let total = 0;
  for await (const { header } of entriesOf(body)) {
    const name = posix.normalize(header.name).replace(/\/$/, "");
    if (name === "." || name.includes("/")) continue; // the folder itself, and what is deeper
    total += 1;
    entries.push(toEntry(name, header));
    if (entries.length > 2 * MAX_VOLUME_ENTRIES) keepFirst(entries);
  }
  keepFirst(entries);
  return { type: "folder", entries, total };
};

/** The archive comes in the disk's own order. */
const keepFirst = (entries: VolumeEntry[]): void => {
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  entries.length = Math.min(entries.length, MAX_VOLUME_ENTRIES);
};

const toEntry = (name: string, { type, size, mtime }: Header): VolumeEntry => ({
  name: name.toWellFormed().slice(0, 1024),
  type:
    type === "directory"
      ? "folder"
      : type === "symlink"
        ? "link"
        : type === "file" || type === "link"
          ? "file"
          : "other",
  ...(type === "file" ? { bytes: size ?? 0 } : {}),
  ...(mtime ? { modifiedAt: mtime.toISOString() } : {}),
});

const readFirst = async (body: ReadableStream<Uint8Array>, path: string): Promise<Found> => {
  for await (const entry of entriesOf(body)) {
    const { type, size = 0, mtime } = entry.header;
    if (type === "symlink") throw isLink(path);
    if (type !== "file")
      throw new TaskFailure(
        "path_not_readable",
        `${JSON.stringify(path.slice(0, 300))} is neither a file nor a folder, so it cannot be shown.`,
      );
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    for await (const chunk of entry) {
      if (bytes < MAX_VOLUME_FILE_BYTES) chunks.push(chunk as Uint8Array);
      bytes += (chunk as Uint8Array).byteLength;
      if (bytes >= MAX_VOLUME_FILE_BYTES) break;
    }
    return {
      type: "file",
      bytes: size,
      modifiedAt: (mtime ?? new Date(0)).toISOString(),
      content: Buffer.concat(chunks).subarray(0, MAX_VOLUME_FILE_BYTES).toString("base64"),
      truncated: size > MAX_VOLUME_FILE_BYTES,
    };
  }
  throw new TaskFailure("path_not_found", "There is no such file or folder in the volume.");
};

const isLink = (path: string): TaskFailure =>
  new TaskFailure(
    "path_not_readable",
    `${JSON.stringify(path.slice(0, 300))} is a link, or lies beyond one, so it cannot be shown.`,
  );
