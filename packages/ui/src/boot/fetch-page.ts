const TIMEOUT_MS = 30_000;

export interface FetchedPage {
  /** Where redirects ended, without a fragment. */
  url: string;
  redirected: boolean;
  status: number;
  /** The document, or null when the answer is not a page (a download, JSON): only a full load can show it. */
  html: string | null;
}

/** Fetches a page as text. Rejects when the server cannot be reached, when it takes too long and when `signal` aborts. */
export async function fetchPage(url: string, init: RequestInit, signal?: AbortSignal): Promise<FetchedPage> {
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  const response = await fetch(url, {
    ...init,
    headers: { accept: "text/html" },
    credentials: "same-origin",
    signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
  });
  const isPage =
    (response.headers.get("content-type") ?? "").startsWith("text/html") &&
    !response.headers.has("content-disposition");
  if (!isPage) await response.body?.cancel();
  return {
    url: response.url,
    redirected: response.redirected,
    status: response.status,
    html: isPage ? await response.text() : null,
  };
}
