import { describeFailure, type Failure, type FailureText } from "./failure.ts";

/** A whole answer of the gateway's own. */
export type Reply = { status: number; headers: [name: string, value: string][]; body: string };

/** A page for browsers, a problem document (RFC 9457) for everybody else. */
export function renderFailure(failure: Failure, accept: string | null, requestId: string): Reply {
  const text = describeFailure(failure);
  const reply = wantsHtml(accept) ? htmlReply(text, requestId) : problemReply(text, requestId);
  reply.headers.push(["cache-control", "no-store"], ["x-content-type-options", "nosniff"]);
  if (text.retryAfterSeconds !== undefined) reply.headers.push(["retry-after", String(text.retryAfterSeconds)]);
  return reply;
}

/** Whether an Accept header names HTML, which only browsers do (RFC 9110 section 12.5.1; `q=0` is a no). */
export function wantsHtml(accept: string | null): boolean {
  return accept !== null && /\btext\/html\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))/i.test(accept);
}

export function jsonReply(status: number, value: unknown): Reply {
  const headers: Reply["headers"] = [
    ["content-type", "application/json"],
    ["cache-control", "no-store"],
  ];
  return { status, headers, body: JSON.stringify(value) };
}

function problemReply({ status, code, title, detail }: FailureText, requestId: string): Reply {
  const problem = { type: "about:blank", title, status, code, detail, requestId };
  return { status, headers: [["content-type", "application/problem+json"]], body: JSON.stringify(problem) };
}

function htmlReply(text: FailureText, requestId: string): Reply {
  const headers: Reply["headers"] = [
    ["content-type", "text/html; charset=utf-8"],
    ["content-security-policy", "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"],
    ["x-robots-tag", "noindex"],
  ];
  return { status: text.status, headers, body: page(text, requestId) };
}

const STYLE = `
:root{color-scheme:light dark;--bg:#f7f7f5;--card:#fff;--ink:#1c1c1a;--soft:#65655f;--line:#e4e4df;--accent:#2f5bd7}
@media (prefers-color-scheme:dark){:root{--bg:#141413;--card:#1d1d1b;--ink:#ededea;--soft:#a2a29b;--line:#31312e;--accent:#8aa8ff}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;place-items:center;padding:1.5rem;background:var(--bg);color:var(--ink);
font:1rem/1.55 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{width:min(34rem,100%);background:var(--card);border:1px solid var(--line);border-radius:14px;padding:2rem 2.25rem}
a{color:var(--accent)}
p{margin:.75rem 0 0;color:var(--soft);overflow-wrap:anywhere}
h1{margin:.35rem 0 0;font-size:1.4rem;line-height:1.25;text-wrap:balance}
.status{margin:0;color:var(--accent);font-weight:600;font-variant-numeric:tabular-nums}
footer{margin-top:1.5rem;padding-top:1rem;border-top:1px solid var(--line);color:var(--soft);font-size:.8125rem}
code{font:inherit;font-family:ui-monospace,SFMono-Regular,Menlo,monospace;overflow-wrap:anywhere}`;

function page({ status, title, detail, retryAfterSeconds, link }: FailureText, requestId: string): string {
  const again = retryAfterSeconds !== undefined;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">${
    again ? `\n<meta http-equiv="refresh" content="${retryAfterSeconds + 3}">` : ""
  }
<title>${status} · ${escapeHtml(title)}</title>
<style>${STYLE}
</style>
</head>
<body>
<main>
<p class="status">${status}</p>
<h1>${escapeHtml(title)}</h1>
<p>${escapeHtml(detail)}</p>${again ? "\n<p>This page tries again by itself.</p>" : ""}${
    link === undefined ? "" : `\n<p><a href="${escapeHtml(link.href)}">${escapeHtml(link.text)}</a></p>`
  }
<footer>Request <code>${escapeHtml(requestId)}</code></footer>
</main>
</body>
</html>
`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
