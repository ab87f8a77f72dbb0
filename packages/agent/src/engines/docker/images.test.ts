import { expect, test } from "bun:test";
import { fullName } from "./images.ts";

const digest = `sha256:${"0".repeat(64)}`;

test.each([
  ["nginx", "nginx:latest"],
  ["docker.io/library/nginx:1.27", "nginx:1.27"],
  ["library/nginx", "docker.io/library/nginx:latest"],
  ["docker.io/acme/api:1", "acme/api:1"],
  [`docker.io/library/nginx:1.27@${digest}`, `nginx@${digest}`],
  [`127.0.0.1:3000/home/api:1@${digest}`, `127.0.0.1:3000/home/api@${digest}`],
])("%s and %s name the same image", (one, other) => {
  expect(fullName(one)).toBe(fullName(other));
});

test.each([
  ["nginx:1", "nginx:2"],
  ["ghcr.io/library/nginx", "nginx"],
  ["127.0.0.1:3000/api", "127.0.0.1/api:3000"],
  [`api@${digest}`, `sha256:${"0".repeat(64)}`],
])("%s and %s do not", (one, other) => {
  expect(fullName(one)).not.toBe(fullName(other));
});
