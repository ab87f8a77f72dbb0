import { BuildFailure } from "../../build-failure.ts";

const CALL_MS = 30_000;

/** Calls that are no streams have no way to end when the engine dies (dockerode), so a timer ends the wait. */
export const inTime = async <T>(call: Promise<T>): Promise<T> => {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new BuildFailure("engine_unavailable", "The container engine does not answer.")),
      CALL_MS,
    );
  });
  try {
    return await Promise.race([call, late]);
  } finally {
    clearTimeout(timer);
  }
};
