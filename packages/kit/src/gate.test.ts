import { expect, test } from "bun:test";
import { GATE_RETURN, gateReturnPath } from "./gate.ts";

const rows: { name: string; path: string | null; goes: string }[] = [
  { name: "a page with its query", path: "/a/b?c=%20d&e=//f", goes: "/a/b?c=%20d&e=//f" },
  { name: "the root", path: "/", goes: "/" },
  { name: "nothing", path: null, goes: "/" },
  { name: "an empty text", path: "", goes: "/" },
  { name: "no path", path: "a", goes: "/" },
  { name: "another site", path: "https://evil.example/", goes: "/" },
  { name: "a scheme alone", path: "https:", goes: "/" },
  { name: "another host", path: "//evil.example", goes: "/" },
  { name: "another host by backslashes", path: "\\\\evil.example", goes: "/" },
  { name: "another host by a slash and a backslash", path: "/\\evil.example", goes: "/" },
  { name: "a backslash later on", path: "/a/..\\\\evil.example", goes: "/" },
  { name: "another host behind a tab", path: "/\t/evil.example", goes: "/" },
  { name: "a second header", path: "/a\r\nset-cookie: x=1", goes: "/" },
  { name: "text that no header holds", path: "/größe", goes: "/" },
  { name: "a path that resolves upwards", path: "/..//evil.example", goes: "/..//evil.example" },
  { name: "the way back itself", path: `${GATE_RETURN}?ticket=x`, goes: "/" },
  { name: "a path without end", path: `/${"x".repeat(1001)}`, goes: "/" },
];
for (const { name, path, goes } of rows) {
  test(`after a gate, ${name} leads to ${goes}`, () => {
    expect(gateReturnPath(path)).toBe(goes);
    // whatever it is, a browser stays on the host
    expect(new URL(gateReturnPath(path), `https://shop.example${GATE_RETURN}`).host).toBe("shop.example");
  });
}
