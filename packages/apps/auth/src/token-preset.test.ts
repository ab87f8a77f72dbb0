import { describe, expect, test } from "bun:test";
import { NewToken } from "./contract/nouns.ts";
import { PRESETS, type Preset, scopesOf } from "./token-preset.ts";

describe("the scopes of a new token", () => {
  const rows: { name: string; preset: Preset; typed: string; project: string; scopes: string[] }[] = [
    { name: "everything", preset: "everything", typed: "x:read", project: "", scopes: ["*"] },
    { name: "everything in a project", preset: "everything", typed: "", project: "shop", scopes: ["*@project/shop"] },
    {
      name: "what was typed, by line, blank or comma",
      preset: "custom",
      typed: " log:read\r\nrelease:*, job:read \n\n",
      project: "",
      scopes: ["log:read", "release:*", "job:read"],
    },
    {
      name: "what was typed, in the project unless it names a place",
      preset: "custom",
      typed: "log:read release:*@project/blog",
      project: "shop",
      scopes: ["log:read@project/shop", "release:*@project/blog"],
    },
    { name: "nothing typed is nothing", preset: "custom", typed: " ", project: "shop", scopes: [] },
  ];
  for (const { name, preset, typed, project, scopes } of rows) {
    test(name, () => {
      expect(scopesOf(preset, typed, project)).toEqual(scopes);
    });
  }

  test("of every preset are ones that a token may have, in a project too", () => {
    for (const preset of PRESETS) {
      for (const project of ["", "shop"]) {
        const scopes = scopesOf(preset, "log:read", project);
        expect(NewToken.parse({ name: "x", scopes }).scopes).toEqual(scopes);
      }
    }
  });

  test("of a reading token change nothing", () => {
    for (const scope of scopesOf("read", "", "")) expect(scope).toMatch(/:(read|pull)$/);
  });
});
