import { type ClientOptions, errorFrom } from "@homeport/kit/client.ts";
import { DomainError } from "@homeport/kit/errors.ts";

const PATHS = { organisation: "/api/v1/auth/audit/export", instance: "/api/v1/auth/admin/audit/export" } as const;

/** A platform that sends nothing for so long is gone. */
const SILENCE_MS = 60_000;

/**
 * The entries of an audit log as a file, oldest first, as they come; `query` narrows them as it does lists and names the
 * format. An export that breaks off throws.
 *
 * @throws {DomainError}
 */
export async function* exportAudit(
  options: ClientOptions,
  log: keyof typeof PATHS,
  query: Readonly<Record<string, string>>,
): AsyncGenerator<Uint8Array> {
  const silence = new AbortController();
  const listen = () => setTimeout(() => silence.abort(), SILENCE_MS);
  let timer = listen();
  try {
    const response = await fetch(`${options.url}${PATHS[log]}?${new URLSearchParams(query)}`, {
      headers: { authorization: `Bearer ${await options.token()}` },
      redirect: "manual",
      signal: silence.signal,
    });
    if (!response.ok || response.body === null) throw await errorFrom(response);
    for await (const chunk of response.body as ReadableStream<Uint8Array>) {
      clearTimeout(timer);
      yield chunk; // for as long as its reader takes
      timer = listen();
    }
  } catch (err) {
    if (err instanceof DomainError) throw err;
    throw new DomainError("unavailable", `${options.url} did not send the export to its end.`, { cause: err });
  } finally {
    clearTimeout(timer);
  }
}
