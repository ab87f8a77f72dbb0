import { randomBytes } from "node:crypto";
import type { AssetManifest } from "@homeport/ui/assets";
import { contentSecurityPolicy, readTheme, renderBare, renderErrorPage, renderPage } from "@homeport/ui/page";
import type { ReactNode } from "react";
import { errorBody } from "./error-view.tsx";
import { DomainError } from "./errors.ts";
import { titleOf } from "./http/problem.ts";
import { readBounded } from "./http/request.ts";
import type { RawContext, RawRoute } from "./http/routes.ts";
import type { Logger } from "./log.ts";
import { isMember, type MemberPrincipal } from "./principal.ts";
import type { Navigation } from "./registry/nav.ts";

/** What a page hands to the shell. */
export type PageView = {
  title: string;
  body: ReactNode;
  /** 200 unless given; 422 for a form that comes back with errors. */
  status?: number;
  /** `bare` is a centred card without navigation: sign-in, setup. */
  layout?: "shell" | "bare" | "bare-wide";
  headers?: Record<string, string>;
};

export type PageContext = RawContext & {
  /** The fields of a submitted form; the last of several with one name wins. @throws {DomainError} too_large */
  form(): Promise<Record<string, string>>;
};

/** A page or the target of its form. Like every route it names an action and a resource. */
export type Page = {
  method?: "GET" | "POST";
  path: `/${string}`;
  action: string;
  resource: string;
  render: (context: PageContext) => Promise<PageView | Response>;
};

export type PageHost = { appId: string; assets: AssetManifest; navigation: Navigation; log: Logger };

const MAX_FORM_BYTES = 256 * 1024;

/** Answers a form that worked: the browser fetches the next page (RFC 9110 section 15.4.4). */
export const seeOther = (location: string, headers: Record<string, string> = {}): Response =>
  new Response(null, { status: 303, headers: { location, ...headers } });

/** Turns pages into routes: rendered in the shell, errors as pages, strangers sent to sign in and back. */
export const pageRoutes = (pages: readonly Page[], host: PageHost): RawRoute[] =>
  pages.map((page) => ({
    method: page.method ?? "GET",
    path: page.path,
    action: page.action,
    resource: page.resource,
    handle: async (context) => {
      const view = await page.render({ ...context, form: () => readForm(context.request) }).catch((err: unknown) => {
        if (!(err instanceof DomainError && isMember(context.principal))) throw err;
        if (err.code === "unverified") throw err; // is sent to confirm, as by the policy
        if (err.status >= 500) host.log.error({ err, requestId: context.requestId }, "request failed");
        return errorView(err, context.requestId);
      });
      return view instanceof Response ? view : respond(view, context, host);
    },
    onError: (error, { request, requestId }) => {
      const url = new URL(request.url);
      if (error.code === "unauthenticated") {
        const next = request.method === "GET" ? `?next=${encodeURIComponent(url.pathname + url.search)}` : "";
        return seeOther(`/sign-in${next}`);
      }
      if (error.code === "unverified") return seeOther(`/sign-in/confirm?next=${encodeURIComponent(backTo(request))}`);
      return strangerError(error, requestId, request, host);
    },
  }));

/** Where somebody is after having confirmed who they are: a form has to be sent once more, from the page it is on. */
const backTo = (request: Request): string => {
  const from = request.method === "GET" ? request.url : request.headers.get("referer");
  const url = from === null ? null : URL.parse(from);
  return url === null ? "/" : url.pathname + url.search;
};

const readForm = async (request: Request): Promise<Record<string, string>> => {
  const type = request.headers.get("content-type") ?? "";
  if (!type.startsWith("application/x-www-form-urlencoded")) {
    throw new DomainError("unsupported", "A form must be sent as application/x-www-form-urlencoded.");
  }
  const body = await readBounded(request, MAX_FORM_BYTES);
  return Object.fromEntries(new URLSearchParams(new TextDecoder().decode(body ?? new Uint8Array())));
};

const respond = async (view: PageView, context: RawContext, host: PageHost): Promise<Response> => {
  const nonce = randomBytes(16).toString("base64");
  const theme = readTheme(context.headers.get("cookie"));
  const onIslandError = (name: string, err: unknown): void =>
    host.log.warn({ err, island: name, requestId: context.requestId }, "an island failed on the server");
  const { appId: app, assets } = host;
  const common = { app, title: view.title, theme, assets, nonce, onIslandError, children: view.body };
  const member = isMember(context.principal) ? context.principal : null;
  const html =
    member === null || (view.layout ?? "shell") !== "shell"
      ? renderBare({ ...common, wide: view.layout === "bare-wide" })
      : renderPage({ ...common, ...(await shellOf(member, context, host)) });
  return htmlResponse(html, view.status ?? 200, nonce, context.requestId, view.headers);
};

const shellOf = async (member: MemberPrincipal, context: RawContext, host: PageHost) => ({
  nav: await host.navigation.itemsFor(member),
  path: context.url.pathname,
  person: { name: member.name, email: member.kind === "service" ? "service account" : member.email },
  organisation: { name: member.organisationSlug, slug: member.organisationSlug },
});

const errorView = (error: DomainError, requestId: string): PageView => ({
  title: titleOf(error.code),
  body: errorBody(error, requestId),
  status: error.status,
});

/** Errors before anybody is known, or of a page that failed on its way: without the shell. */
const strangerError = (error: DomainError, requestId: string, request: Request, host: PageHost): Response => {
  const nonce = randomBytes(16).toString("base64");
  const theme = readTheme(request.headers.get("cookie"));
  const html = renderErrorPage({
    app: host.appId,
    assets: host.assets,
    theme,
    nonce,
    status: error.status,
    title: titleOf(error.code),
    detail: error.message,
    requestId,
  });
  return htmlResponse(html, error.status, nonce, requestId);
};

/** The page for an address where there is nothing. */
export const missingPage = (request: Request, requestId: string, host: PageHost): Response =>
  strangerError(new DomainError("not_found", "There is nothing at this address."), requestId, request, host);

const htmlResponse = (
  html: string,
  status: number,
  nonce: string,
  requestId: string,
  headers: Record<string, string> = {},
): Response =>
  new Response(html, {
    status,
    headers: {
      "content-type": "text/html; charset=utf-8",
      "cache-control": "no-store",
      "content-security-policy": contentSecurityPolicy(nonce),
      "referrer-policy": "same-origin",
      "x-content-type-options": "nosniff",
      "x-request-id": requestId,
      ...headers,
    },
  });
