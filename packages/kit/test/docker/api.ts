/**
 * The Docker Engine API over its socket, as far as tests need it to check on the product's own client.
 * @throws {Error} with the daemon's message for an answer that is no success
 */
export const callDocker = async (
  socketPath: string,
  path: string,
  init: { method?: string; json?: unknown; body?: BodyInit; timeoutMs?: number } = {},
): Promise<Response> => {
  const response = await fetch(`http://docker${path}`, {
    unix: socketPath,
    method: init.method ?? "GET",
    body: init.json === undefined ? (init.body ?? null) : JSON.stringify(init.json),
    headers: { "content-type": init.json === undefined ? "application/x-tar" : "application/json" },
    signal: AbortSignal.timeout(init.timeoutMs ?? 60_000),
  });
  if (response.ok) return response;
  throw new Error(`${init.method ?? "GET"} ${path}: ${response.status} ${(await response.text()).slice(0, 500)}`);
};

/**
 * The last object of a stream of JSON lines, as builds, pulls and imports answer.
 * @throws {Error} with the message of the line that reports a failure: the status was 200 by then
 */
export const lastLine = async (response: Response): Promise<Record<string, unknown>> => {
  const text = await response.text();
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  const objects = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  const failed = objects.find(({ error }) => typeof error === "string");
  if (failed !== undefined) throw new Error(`${String(failed.error)}\n${outputOf(objects)}`);
  return objects.at(-1) ?? {};
};

const outputOf = (objects: readonly Record<string, unknown>[]): string =>
  objects
    .map(({ stream }) => stream ?? "")
    .join("")
    .slice(-2000);
