/** What an upstream saw of a request. */
export type Seen = { method: string; path: string; headers: Record<string, string> };

/** A service that answers with what it saw: as `x-seen`, and on the page that browsers get. */
export function openGatedUpstream() {
  const listener = Bun.serve<{ email: string }>({
    hostname: "127.0.0.1",
    port: 0,
    fetch(request, server) {
      const email = request.headers.get("x-homeport-email") ?? "";
      return server.upgrade(request, { data: { email } })
        ? undefined
        : seenResponse(request.method, request.url, request.headers);
    },
    websocket: {
      open: (socket) => void socket.send(`welcome ${socket.data.email}`),
      message: () => undefined,
    },
  });
  return { port: listener.port ?? 0, stop: () => listener.stop(true) };
}

export function seenResponse(method: string, url: string, headers: Headers): Response {
  const { pathname, search } = new URL(url);
  const seen: Seen = { method, path: pathname + search, headers: headers.toJSON() };
  const text = JSON.stringify(seen);
  const html = `<!doctype html><title>Shop</title><h1>Shop</h1><pre id="seen">${Bun.escapeHTML(text)}</pre>`;
  return new Response(html, { headers: { "content-type": "text/html; charset=utf-8", "x-seen": text } });
}
