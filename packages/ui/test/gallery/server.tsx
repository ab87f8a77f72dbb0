import { PageHeader } from "@homeport/ui";
import { type AssetManifest, assetResponse } from "@homeport/ui/assets";
import { contentSecurityPolicy, readTheme, renderBare, renderErrorPage, renderPage } from "@homeport/ui/page";
import type { ReactNode } from "react";
import { BoardPage, type Job } from "../fixture-app/src/pages/board.page.tsx";
import { EmptyPage } from "../fixture-app/src/pages/empty.page.tsx";
import { FormsPage, SignInPage } from "../fixture-app/src/pages/forms.page.tsx";
import { LogsPage } from "../fixture-app/src/pages/logs.page.tsx";
import { LongPage } from "../fixture-app/src/pages/long.page.tsx";
import { OverviewPage } from "../fixture-app/src/pages/overview.page.tsx";
import { LogSource } from "./log-source.ts";

const NAV = [
  { id: "home", label: "Home", href: "/home", icon: "house", order: 0 },
  { id: "projects", label: "Projects", href: "/", icon: "layout-grid", order: 10 },
  { id: "long", label: "Releases", href: "/long", icon: "rocket", order: 20 },
  { id: "logs", label: "Logs", href: "/logs", icon: "scroll-text", order: 30 },
  { id: "forms", label: "Services", href: "/forms", icon: "boxes", order: 40 },
  { id: "nodes", label: "Nodes", href: "/empty", icon: "server", order: 50 },
  { id: "odd", label: "An app of your own", href: "/odd", icon: "no-such-icon", order: 60 },
];

export interface Gallery {
  url: string;
  logs: LogSource;
  /** What the jobs page shows; tests change it while the page is open. */
  board: { jobs: Job[]; notice?: string; start: number };
  /** Paths of the pages that were asked for, in order. */
  requests: string[];
  /** Replaces the assets, as an upgrade does. */
  assets(): AssetManifest;
  upgrade(assets: AssetManifest): void;
  /** Pages wait for this before they answer. */
  slow(path: string, until: Promise<void>): void;
  islandErrors: string[];
  stop(): Promise<void>;
}

/** A small app that shows every component; the browser tests and the screenshots use it. */
export function startGallery(first: AssetManifest, onError: (err: unknown) => void): Gallery {
  let assets = first;
  const logs = new LogSource();
  const board: Gallery["board"] = { jobs: [], start: 3 };
  const requests: string[] = [];
  const islandErrors: string[] = [];
  const slowed = new Map<string, Promise<void>>();

  const html = (render: (nonce: string) => string, status = 200): Response => {
    const nonce = crypto.randomUUID();
    return new Response(render(nonce), {
      status,
      headers: {
        "content-type": "text/html; charset=utf-8",
        "cache-control": "no-store",
        "content-security-policy": contentSecurityPolicy(nonce),
      },
    });
  };
  const shared = (req: Request, nonce: string) => ({
    app: "fixture",
    assets,
    nonce,
    theme: readTheme(req.headers.get("cookie")),
    onIslandError: (name: string) => islandErrors.push(name),
  });
  const page = (req: Request, title: string, children: ReactNode, status = 200, flash?: string): Response =>
    html(
      (nonce) =>
        renderPage({
          ...shared(req, nonce),
          title,
          nav: NAV,
          path: new URL(req.url).pathname,
          person: { name: "Ada Lovelace", email: "ada@example.org" },
          organisation: { name: "Analytical Engines", slug: "home" },
          flash: flash === undefined ? undefined : { tone: "success", title: flash },
          children,
        }),
      status,
    );

  const answer = async (req: Request): Promise<Response> => {
    const url = new URL(req.url);
    const asset = assetResponse(assets, req);
    if (asset !== null) return asset;
    if (url.pathname === "/logs/stream") return logs.stream(req);
    if (url.pathname === "/logs/history") return logs.history(req);
    requests.push(`${req.method} ${url.pathname}${url.search}`);
    await slowed.get(url.pathname);
    switch (`${req.method} ${url.pathname}`) {
      case "GET /":
        return page(req, "api", <OverviewPage />);
      case "GET /empty":
        return page(req, "Nodes", <EmptyPage />);
      case "GET /long":
        return page(req, "All releases", <LongPage />);
      case "GET /logs":
        return page(
          req,
          "Logs",
          <LogsPage tail={url.searchParams.get("tail")} lines={url.searchParams.get("lines")} />,
        );
      case "GET /forms":
        return page(
          req,
          "New service",
          <FormsPage />,
          200,
          url.searchParams.get("created") === null ? undefined : "The service was created.",
        );
      case "POST /forms":
        return createService(req);
      case "GET /search":
        return page(req, "Search", <PageHeader title={`Found for “${url.searchParams.get("q")}”`} />);
      case "POST /deploy":
        return Response.redirect("/logs", 303);
      case "GET /board":
        return page(req, "Jobs", <BoardPage {...board} />);
      case "POST /board":
        board.jobs.push({ id: `job-${board.jobs.length + 1}`, state: "queued" });
        return Response.redirect("/board", 303);
      case "POST /told":
        return page(req, "Told once", <PageHeader title="Told once" />);
      case "GET /plain":
        return new Response("just text", { headers: { "content-type": "text/plain" } });
      case "GET /sign-in":
        return html((nonce) => renderBare({ ...shared(req, nonce), title: "Sign in", children: <SignInPage /> }));
      case "POST /sign-in":
        return Response.redirect("/", 303);
      default:
        return html(
          (nonce) =>
            renderErrorPage({
              ...shared(req, nonce),
              status: 404,
              title: "There is no such page.",
              detail: "The address may have changed, or the app that served it is not running.",
              requestId: "0199c0de-7a3f-7c11",
              retryHref: "/",
            }),
          404,
        );
    }
  };

  const createService = async (req: Request): Promise<Response> => {
    const form = await req.formData();
    const name = String(form.get("name"));
    if (name === "down") return new Response("upstream is gone", { status: 502 });
    if (!/^[a-z][a-z0-9-]*$/.test(name)) {
      const errors = { fields: { name: "The name may have lower case letters, digits and dashes." } };
      return page(req, "New service", <FormsPage errors={errors} name={name} />, 422);
    }
    return Response.redirect("/forms?created=1", 303);
  };

  const server = Bun.serve({
    port: 0,
    idleTimeout: 0,
    fetch: answer,
    error: (err) => {
      onError(err);
      return new Response("failed", { status: 500 });
    },
  });
  return {
    url: server.url.origin,
    logs,
    board,
    requests,
    islandErrors,
    assets: () => assets,
    upgrade: (next) => {
      assets = next;
    },
    slow: (path, until) => slowed.set(path, until),
    stop: () => server.stop(true),
  };
}
