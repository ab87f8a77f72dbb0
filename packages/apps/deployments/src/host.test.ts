import { describe, expect, test } from "bun:test";
import { branchLabels, deploymentLabels, mainLabels, urlOf } from "./host.ts";

const ID = "0199f000-0000-7000-8000-000000000001";
const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const production = { slug: "production" };
const named = (slug: string, projectSlug: string) => ({ slug, projectSlug });

describe("the labels that a workload may get", () => {
  test("are the plain one, then one with a suffix that depends on the workload alone", () => {
    const labels = mainLabels(named("api", "shop"), production, ID);
    expect(labels).toEqual(["api-shop", expect.stringMatching(/^api-shop-[0-9a-f]{6}$/)]);
    expect(mainLabels(named("api", "shop"), production, ID)).toEqual(labels);
    expect(mainLabels(named("api", "shop"), production, ID.replace("1", "2"))[1]).not.toBe(labels[1]);
  });

  test("name the environment, unless it is production", () => {
    expect(mainLabels(named("api", "shop"), { slug: "staging" }, ID)[0]).toBe("api-shop-env-staging");
  });

  test("fit into a DNS label, however long the names are", () => {
    for (const [service, project] of [
      ["a".repeat(40), "b".repeat(40)],
      ["a".repeat(31), "b".repeat(31)],
      ["a".repeat(32), "b".repeat(31)],
      [`${"a".repeat(39)}x`, `${"b".repeat(15)}-${"c".repeat(10)}`],
    ] as const) {
      const all = [
        ...mainLabels(named(service, project), production, ID),
        ...mainLabels(named(service, project), { slug: "e".repeat(40) }, ID),
        ...branchLabels(named(service, project), "feature/some-long-name", ID),
        ...deploymentLabels(named(service, project), ID),
      ];
      for (const label of all) {
        expect(label).toMatch(LABEL);
        expect(label).not.toContain("--");
      }
    }
    expect(mainLabels(named("a".repeat(31), "b".repeat(31)), production, ID)[0]).toHaveLength(63);
    expect(mainLabels(named("a".repeat(32), "b".repeat(31)), production, ID)).toHaveLength(1);
  });
});

describe("the labels of a branch", () => {
  const rows: { branch: string; label: RegExp }[] = [
    { branch: "main", label: /^api-shop-branch-main$/ },
    { branch: "feature/login", label: /^api-shop-branch-feature-login-[0-9a-f]{6}$/ },
    { branch: "Main", label: /^api-shop-branch-main-[0-9a-f]{6}$/ },
    { branch: "ünïcode/…", label: /^api-shop-branch-n-code-[0-9a-f]{6}$/ },
    { branch: "…", label: /^api-shop-branch-[0-9a-f]{6}$/ },
  ];
  for (const { branch, label } of rows) {
    test(`are stable and fit: ${branch}`, () => {
      const [first = ""] = branchLabels(named("api", "shop"), branch, ID);
      expect(first).toMatch(label);
      expect(first).toMatch(LABEL);
      expect(branchLabels(named("api", "shop"), branch, ID)[0]).toBe(first);
    });
  }

  test("differ for branches that look alike as host names", () => {
    const labels = ["a/b", "a_b", "a-b", "A-b"].map((branch) => branchLabels(named("api", "shop"), branch, ID)[0]);
    expect(new Set(labels).size).toBe(4);
  });
});

test("a deployment has a label of its own", () => {
  expect(deploymentLabels(named("api", "shop"), ID)[0]).toBe("api-shop-00000001");
});

describe("where a service answers", () => {
  const rows: { appUrl: string; url: string }[] = [
    { appUrl: "http://localhost:3000", url: "http://api-shop.apps.example:3000" },
    { appUrl: "https://cloud.example.com", url: "https://api-shop.apps.example" },
    { appUrl: "https://cloud.example.com:8443/", url: "https://api-shop.apps.example:8443" },
  ];
  for (const { appUrl, url } of rows) {
    test(`${url}, for a platform at ${appUrl}`, () => {
      expect(urlOf({ hostLabel: "api-shop" }, { baseDomain: "apps.example", appUrl: new URL(appUrl) })).toBe(url);
    });
  }
});
