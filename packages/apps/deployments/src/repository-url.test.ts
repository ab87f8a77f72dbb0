import { expect, test } from "bun:test";
import { isNamed, repositoryOf, serverOf } from "./repository-url.ts";

const SAME = [
  "https://Git.Example.com/Team/App.git",
  "https://git.example.com/Team/App/",
  "https://git.example.com:443/Team/App",
  "http://git.example.com/Team/App.git",
  "git@git.example.com:Team/App.git",
  "git@git.example.com:/Team/App",
  "ssh://git@git.example.com/Team/App.git",
  "ssh://git@git.example.com:2222/Team/App.git",
  "https://git.example.com/Team/A%70p.git",
];

for (const url of SAME) {
  test(`${url} is the same repository as its other spellings`, () => {
    expect(repositoryOf(url)).toBe("git.example.com/Team/App");
  });
}

test("another host, port, path or case of the path is another repository", () => {
  const urls = [
    "https://git.example.com/Team/App",
    "https://example.com/Team/App",
    "https://git.example.com:8443/Team/App",
    "https://git.example.com/Team/App2",
    "https://git.example.com/team/App",
    "https://git.example.com/Team/App/App",
  ];
  expect(new Set(urls.map(repositoryOf)).size).toBe(urls.length);
});

const servers: [string, string | null][] = [
  ["https://Git.example.com/a", "https://git.example.com"],
  ["https://git.example.com:443/a", "https://git.example.com"],
  ["https://git.example.com:8443/a", "https://git.example.com:8443"],
  ["http://git.example.com/a", "http://git.example.com"],
  ["git@git.example.com:a/b", "ssh://git.example.com"],
  ["ssh://me@git.example.com:22/a", "ssh://git.example.com"],
  ["ssh://me@git.example.com:2222/a", "ssh://git.example.com:2222"],
  ["nonsense", null],
];
for (const [url, server] of servers) {
  test(`a credential for ${url} is for ${server}`, () => expect(serverOf(url)).toBe(server));
}

test("a server's own name of a repository is the end of its address", () => {
  expect(isNamed("git.example.com/team/app", "Team/App")).toBe(true);
  expect(isNamed("git.example.com/forge/team/app", "team/app")).toBe(true);
  expect(isNamed("git.example.com/team/app", "am/app")).toBe(false);
  expect(isNamed("git.example.com/team/app", "")).toBe(false);
});
