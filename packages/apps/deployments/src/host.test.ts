import { describe, expect, test } from "bun:test";
import { hostLabels, urlOf } from "./host.ts";

const ID = "0199f000-0000-7000-8000-000000000001";

describe("the labels that a workload may get", () => {
  test("are the plain one, then one with a suffix that depends on the workload alone", () => {
    const labels = hostLabels("api", "shop", ID);
    expect(labels).toEqual(["api-shop", expect.stringMatching(/^api-shop-[0-9a-f]{6}$/)]);
    expect(hostLabels("api", "shop", ID)).toEqual(labels);
    expect(hostLabels("api", "shop", ID.replace("1", "2"))[1]).not.toBe(labels[1]);
  });

  test("fit into a DNS label, however long the names are", () => {
    for (const [service, project] of [
      ["a".repeat(40), "b".repeat(40)],
      ["a".repeat(31), "b".repeat(31)],
      ["a".repeat(32), "b".repeat(31)],
      [`${"a".repeat(39)}x`, `${"b".repeat(15)}-${"c".repeat(10)}`],
    ] as const) {
      for (const label of hostLabels(service, project, ID)) {
        expect(label).toMatch(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/);
        expect(label).not.toContain("--");
      }
    }
    expect(hostLabels("a".repeat(31), "b".repeat(31), ID)[0]).toHaveLength(63);
    expect(hostLabels("a".repeat(32), "b".repeat(31), ID)).toHaveLength(1);
  });
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
