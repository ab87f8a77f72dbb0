import { expect, test } from "bun:test";
import { newId } from "@homeport/kit/ids.ts";
import { replicaOf } from "../../../test/replica.ts";
import { chooseUid, environmentOf } from "./prepare.ts";
import { registryUrl } from "./registry-client.ts";

const own = { path: "/usr/bin", home: "/home/app", tmp: "/tmp", port: 20_001 };

test("PORT is ours, the tenant's variables win over the image's, and the image's PATH is left out", () => {
  const replica = replicaOf({ reference: "x:1" }, { env: { PORT: "1", SHARED: "tenant" } });
  const env = environmentOf(replica, { PATH: "/image/bin", SHARED: "image", ONLY: "image" }, own);
  expect(env).toEqual({
    PATH: "/usr/bin",
    HOME: "/home/app",
    TMPDIR: "/tmp",
    LANG: "C.UTF-8",
    ONLY: "image",
    SHARED: "tenant",
    REPLICA: replica.id,
    PORT: "20001",
  });
});

test("two replicas never share a user", () => {
  const id = newId();
  const first = chooseUid(id, new Set());
  expect(first).toBeGreaterThanOrEqual(200_000);
  expect(chooseUid(id, new Set())).toBe(first);
  expect(chooseUid(id, new Set([first]))).not.toBe(first);
});

test("workloads never get the user of a build, which the runner takes from 210000", () => {
  const taken = new Set(Array.from({ length: 9_999 }, (_, index) => 200_001 + index));
  expect(chooseUid(newId(), taken)).toBe(200_000);
  expect(() => chooseUid(newId(), new Set([...taken, 200_000]))).toThrow("taken");
  for (let round = 0; round < 1000; round += 1) expect(chooseUid(newId(), new Set())).toBeLessThan(210_000);
});

test.each([
  ["127.0.0.1:3000", "http://127.0.0.1:3000"],
  ["localhost:3000", "http://localhost:3000"],
  ["[::1]:3000", "http://[::1]:3000"],
  ["registry.example.com", "https://registry.example.com"],
  ["127.0.0.1.example.com", "https://127.0.0.1.example.com"],
])("the registry %s is called at %s", (registry, url) => {
  expect(registryUrl(registry)).toBe(url);
});
