import { describe, expect, test } from "bun:test";
import { ImageReference } from "./image-reference.ts";
import { GitRef, GitUrl } from "./source.ts";

const table = (
  name: string,
  schema: { safeParse(value: string): { success: boolean } },
  good: string[],
  bad: string[],
) =>
  describe(name, () => {
    for (const value of good)
      test(`${JSON.stringify(value.slice(0, 60))} is one`, () => expect(schema.safeParse(value).success).toBe(true));
    for (const value of bad)
      test(`${JSON.stringify(value.slice(0, 60))} is none`, () => expect(schema.safeParse(value).success).toBe(false));
  });

table(
  "a git URL",
  GitUrl,
  [
    "https://example.com/team/app.git",
    "http://127.0.0.1:8080/app",
    "ssh://git@example.com:22/team/app.git",
    "git@example.com:team/app.git",
    "git://example.com/app",
    "ssh://example.com/team/app",
  ],
  [
    "",
    "example.com/app",
    "/srv/app.git",
    "file:///srv/app.git",
    "--upload-pack=touch /tmp/x",
    "-oProxyCommand=x@host:y",
    "ext::sh -c x",
    "-u@example.com:app",
    "https://ada:secret@example.com/app.git",
    "https://ghp_token@example.com/app.git",
    "https://:secret@example.com/app.git",
    "ssh://git:secret@example.com/app.git",
    "https://example.com/app.git?token=secret",
    "https://example.com/app.git#token=secret",
    "https://example.com:99999/app",
    "https://example.com/a b",
    "https://example.com/a\nb",
    `https://example.com/${"x".repeat(2000)}`,
  ],
);

table(
  "a git ref",
  GitRef,
  ["main", "feature/x", "v1.2.3", "0a1b2c3", "user@host", "a+b"],
  ["", "-x", "--force", "a b", "a\nb", "a..b~1", "a:b", "x".repeat(251)],
);

table(
  "an image reference",
  ImageReference,
  [
    "nginx",
    "nginx:1.27",
    "docker.io/library/nginx:1.27",
    "localhost:5000/a/b_c:x",
    "home/shop/api:latest",
    `home/shop/api@sha256:${"a".repeat(64)}`,
  ],
  [
    "",
    "Nginx",
    "nginx:",
    "a b",
    "-x",
    "a//b",
    "../a",
    "nginx;rm",
    "nginx@sha256:abc",
    `a:${"x".repeat(129)}`,
    `sha256:${"a".repeat(64)}`,
    "sha256:3f",
    "localhost:5000:x",
  ],
);

const reasons: { url: string; why: string }[] = [
  { url: "https://ghp_token@example.com/app.git", why: "user name or password" },
  { url: "https://example.com/app.git?token=secret", why: "? or #" },
  { url: "file:///srv/app.git", why: "use a git URL" },
];
for (const { url, why } of reasons) {
  test(`${url} is refused with the one reason for it`, () => {
    const messages = GitUrl.safeParse(url).error?.issues.map(({ message }) => message);
    expect(messages).toEqual([expect.stringContaining(why)]);
  });
}
