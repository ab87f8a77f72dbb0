import type { ReactNode } from "react";
import { renderToString } from "react-dom/server";
import type { AssetManifest } from "../assets/manifest.ts";
import { type IslandScope, IslandScopeContext } from "../island/scope.ts";
import type { Theme } from "../theme.ts";

export interface DocumentOptions {
  /** Id of the app that renders; its islands are looked up under this id. */
  app: string;
  title: string;
  theme: Theme;
  assets: AssetManifest;
  /** Fresh per response, the same as in the `Content-Security-Policy` header. */
  nonce: string;
  /** Told when an island could not be rendered here; the browser then renders it alone. Default: nothing. */
  onIslandError?: ((name: string, err: unknown) => void) | undefined;
}

/** A whole document around `body`. `layout` tells the runtime which pages may be swapped into which. */
export function renderDocument(options: DocumentOptions, layout: "shell" | "bare", body: ReactNode): string {
  const { assets, nonce, theme } = options;
  const preloads = new Set<string>();
  const scope: IslandScope = {
    sourceOf: (name) => (assets.islands[`${options.app}/${name}`] ?? assets.islands[`ui/${name}`])?.src ?? null,
    used: (src, start) => {
      if (start === "load") for (const url of preloadsOf(assets, src)) preloads.add(url);
    },
    failed: (name, err) => options.onIslandError?.(name, err),
  };
  const html = renderToString(<IslandScopeContext value={scope}>{body}</IslandScopeContext>);
  const links = [assets.boot, ...preloads].map(
    (url) => `<link rel="modulepreload" href="${escapeHtml(url)}" nonce="${escapeHtml(nonce)}">`,
  );
  return [
    `<!doctype html><html lang="en" data-theme="${theme}"><head><meta charset="utf-8">`,
    `<title>${escapeHtml(options.title)}</title>`,
    '<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">',
    '<meta name="color-scheme" content="light dark"><meta name="referrer" content="same-origin">',
    `<link rel="icon" type="image/svg+xml" href="${escapeHtml(assets.icon)}">`,
    `<link rel="stylesheet" href="${escapeHtml(assets.css)}">`,
    `<script type="importmap" nonce="${escapeHtml(nonce)}">${scriptJson({ imports: assets.imports })}</script>`,
    ...links,
    `<script type="module" nonce="${escapeHtml(nonce)}" src="${escapeHtml(assets.boot)}"></script>`,
    `</head><body data-hp-layout="${layout}">${html}</body></html>`,
  ].join("");
}

/** The island's module, what it imports, and React, so that the browser fetches all of them at once instead of one after the other. */
function preloadsOf(assets: AssetManifest, src: string): string[] {
  const island = Object.values(assets.islands).find((one) => one.src === src);
  return island === undefined ? [] : [src, ...island.preload];
}

const ESCAPES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

const escapeHtml = (text: string): string => text.replaceAll(/[&<>"']/g, (char) => ESCAPES[char] ?? char);

/** JSON that cannot end the script element it stands in. */
const scriptJson = (value: unknown): string => JSON.stringify(value).replaceAll("<", "\\u003c");
