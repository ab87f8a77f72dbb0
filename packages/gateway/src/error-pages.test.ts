import { expect, test } from "bun:test";
import { renderFailure } from "./error-pages.ts";

test.each([
  { accept: "text/html,application/xhtml+xml,*/*;q=0.8", type: "text/html; charset=utf-8" },
  { accept: "application/json, text/html;q=0.5", type: "text/html; charset=utf-8" },
  { accept: "text/html;q=0", type: "application/problem+json" },
  { accept: "*/*", type: "application/problem+json" },
  { accept: "application/json", type: "application/problem+json" },
  { accept: null, type: "application/problem+json" },
])("Accept: $accept gets $type", ({ accept, type }) => {
  const reply = renderFailure({ kind: "unknown_path" }, accept, "id");
  expect(reply.headers).toContainEqual(["content-type", type]);
});

test("nothing a client sent becomes markup", () => {
  const failure = { kind: "unknown_host", host: `"><script>alert('&')</script>`, isUnderBaseDomain: false } as const;
  const { body } = renderFailure(failure, "text/html", "<id>");
  expect(body).not.toContain("<script>");
  expect(body).toContain("&#60;script&#62;");
  expect(body).toContain("&#60;id&#62;");
});
