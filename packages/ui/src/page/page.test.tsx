import { describe, expect, test } from "bun:test";
import type { AssetManifest } from "../assets/manifest.ts";
import { island } from "../island.server.tsx";
import { currentNavItem, sortNav } from "../shell/nav.ts";
import { contentSecurityPolicy } from "./content-security-policy.ts";
import { renderBare, renderErrorPage } from "./render-bare.tsx";
import { type PageOptions, renderPage } from "./render-page.tsx";
import { readTheme } from "./theme-cookie.ts";

const file = (name: string) => ({ src: `/public/${name}.js`, preload: ["/public/react.js"] });

const assets: AssetManifest = {
  schema: 1,
  key: "0".repeat(64),
  boot: "/public/boot.js",
  css: "/public/pages.css",
  icon: "/public/icon.svg",
  imports: { react: "/public/react.js" },
  islands: { "ui/toaster": file("toaster"), "shop/basket": file("basket"), "shop/broken": file("broken") },
  files: {},
  otherInputs: [],
  dir: "/nowhere",
  olderFiles: {},
};

const options = (more: Partial<PageOptions> = {}): PageOptions => ({
  app: "shop",
  title: "Basket",
  nav: [{ id: "shop", label: "Shop", href: "/shop", icon: "store", order: 1 }],
  path: "/shop/basket",
  person: { name: "Ada Lovelace", email: "ada@example.org" },
  organisation: { name: "Home", slug: "home" },
  theme: "dark",
  assets,
  nonce: "n0nce",
  children: null,
  ...more,
});

const Basket = island("basket", ({ items }: { items: string[] }) => (
  <ul>
    {items.map((item) => (
      <li key={item}>{item}</li>
    ))}
  </ul>
));
const Broken = island("broken", () => {
  throw new Error("no window");
});

describe("renderPage", () => {
  test("a page is a whole document in the reader's theme, with the nonce on every script", () => {
    const html = renderPage(options());
    expect(html).toStartWith('<!doctype html><html lang="en" data-theme="dark">');
    expect(html).toContain("<title>Basket · Homeport</title>");
    const scripts = html.match(/<script[^>]*>/g) ?? [];
    expect(scripts).toHaveLength(2);
    expect(scripts.every((script) => script.includes('nonce="n0nce"'))).toBe(true);
    expect(html).toContain('<main id="main" tabindex="-1"');
  });

  test("nothing in a page needs inline styles, which the policy forbids", () => {
    expect(renderPage(options({ children: <Basket items={["a"]} /> }))).not.toMatch(/<[^>]+\sstyle=/);
    expect(contentSecurityPolicy("n")).not.toContain("unsafe");
  });

  test("hostile text stays text everywhere", () => {
    const evil = "</script><script>alert(1)</script>\"'><img src=x onerror=alert(1)>";
    const html = renderPage(
      options({
        title: evil,
        organisation: { name: evil, slug: "home" },
        person: { name: evil, email: evil },
        nav: [{ id: "x", label: evil, href: "/x", icon: evil, order: 1 }],
        flash: { tone: "success", title: evil },
        assets: { ...assets, imports: { [evil]: "/public/x.js" } },
        children: <Basket items={[evil]} />,
      }),
    );
    expect(html.match(/<script/g)).toHaveLength(2);
    expect(html).not.toContain("<img");
  });

  test("an island is rendered, carries its props, and its module is preloaded", () => {
    const html = renderPage(options({ children: <Basket items={["apples"]} /> }));
    expect(html).toContain("<li>apples</li>");
    expect(html).toContain('props="{&quot;items&quot;:[&quot;apples&quot;]}"');
    expect(html).toContain('<link rel="modulepreload" href="/public/basket.js"');
  });

  test("an island that throws on the server is left to the browser, and the page says so to its owner", () => {
    const failed: string[] = [];
    const html = renderPage(options({ children: <Broken />, onIslandError: (name) => failed.push(name) }));
    expect(failed).toEqual(["broken"]);
    expect(html).toMatch(/<hp-island name="broken"[^>]*mode="client"/);
  });

  test("an island that was never built stops the page with its name", () => {
    const Unknown = island("unknown", () => null);
    expect(() => renderPage(options({ children: <Unknown /> }))).toThrow('"unknown"');
  });
});

test("pages outside the shell have a main and no navigation", () => {
  const html = renderBare({ ...options(), children: <p>Hello</p> });
  expect(html).toContain('data-hp-layout="bare"');
  expect(html).not.toContain("<nav");
});

test("an error page says what failed and under which id", () => {
  const html = renderErrorPage({
    ...options(),
    status: 503,
    title: "The registry does not answer.",
    requestId: "req-17",
  });
  expect(html).toContain("The registry does not answer.");
  expect(html).toContain("req-17");
});

describe("currentNavItem", () => {
  const nav = ["/", "/projects", "/projects/archive"].map((href, order) => ({
    id: href,
    label: href,
    href,
    icon: "box",
    order,
  }));
  const cases = [
    { path: "/", current: "/" },
    { path: "/projects", current: "/projects" },
    { path: "/projects/shop", current: "/projects" },
    { path: "/projects/archive/2", current: "/projects/archive" },
    { path: "/projectsque", current: null },
    { path: "/settings", current: null },
  ];
  for (const { path, current } of cases) {
    test(`${path} is in ${current ?? "none"}`, () => expect(currentNavItem(nav, path)?.href ?? null).toBe(current));
  }
});

test("navigation is in the order that apps ask for, then by label", () => {
  const item = (label: string, order: number) => ({ id: label, label, href: "/", icon: "box", order });
  expect(sortNav([item("b", 2), item("a", 2), item("z", 1)]).map((one) => one.label)).toEqual(["z", "a", "b"]);
});

describe("readTheme", () => {
  const cases = [
    { name: "a chosen theme", cookie: "a=1; homeport_theme=dark; b=2", theme: "dark" },
    { name: "no cookie at all", cookie: null, theme: "system" },
    { name: "another value", cookie: "homeport_theme=pink", theme: "system" },
    { name: "a cookie whose name only ends alike", cookie: "xhomeport_theme=dark", theme: "system" },
  ] as const;
  for (const { name, cookie, theme } of cases) test(`${name} is ${theme}`, () => expect(readTheme(cookie)).toBe(theme));
});
