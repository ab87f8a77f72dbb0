import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { MAX_DOCKERFILE_BYTES } from "./read-dockerfile.ts";
import { refuse } from "./refuse.ts";

/**
 * The text of a Dockerfile: a regular file, no link to one, which could lead anywhere.
 *
 * @throws {BuildFailure} dockerfile_invalid
 */
export const readDockerfileText = async (path: string): Promise<string> => {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(() => null);
  if (file === null) throw refuse.invalid(1, "it is no file");
  try {
    const about = await file.stat();
    if (!about.isFile()) throw refuse.invalid(1, "it is no file");
    if (about.size > MAX_DOCKERFILE_BYTES) throw refuse.invalid(1, `it has more than ${MAX_DOCKERFILE_BYTES} bytes`);
    return await file.readFile("utf8");
  } finally {
    await file.close();
  }
};
