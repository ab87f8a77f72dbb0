import { expect, test } from "bun:test";
import { hostKeyIn, knownName, sshConfig } from "./ssh-config.ts";

const names: { host: string; port: number; name: string }[] = [
  { host: "forge.example", port: 22, name: "forge.example" },
  { host: "forge.example", port: 2222, name: "[forge.example]:2222" },
  { host: "2001:db8::1", port: 22, name: "2001:db8::1" },
  { host: "2001:db8::1", port: 2222, name: "[2001:db8::1]:2222" },
];
for (const { host, port, name } of names) {
  test(`known hosts call port ${port} of ${host} ${name}`, () => expect(knownName({ host, port })).toBe(name));
}

const config = (changes: Partial<Parameters<typeof sshConfig>[0]> = {}) =>
  sshConfig({
    url: { host: "forge.example", port: 2222 },
    address: "93.184.216.34",
    keyFile: "/shown/key",
    knownHostsFile: "/shown/known_hosts",
    isPinned: true,
    ...changes,
  });

test("ssh connects to the address that was checked, and compares the key with that of the name", () => {
  expect(config()).toContain("\n  HostName 93.184.216.34\n");
  expect(config()).toContain("\n  HostKeyAlias [forge.example]:2222\n");
});

test("with known hosts no other key is believed, without them the first one", () => {
  expect(config()).toContain("\n  StrictHostKeyChecking yes\n");
  expect(config({ isPinned: false })).toContain("\n  StrictHostKeyChecking accept-new\n");
});

test("a folder with signs that ssh would replace is named as it is", () => {
  expect(config({ keyFile: "/a folder/100%h/key" })).toContain('\n  IdentityFile "/a folder/100%%h/key"\n');
});

const lines: { name: string; text: string; found: string | null }[] = [
  {
    name: "the server's own line",
    text: "x ssh-rsa AAAA\n[a]:1 ssh-ed25519 AAAA=\n",
    found: "[a]:1 ssh-ed25519 AAAA=",
  },
  { name: "no line of another port", text: "a ssh-ed25519 AAAA\n", found: null },
  { name: "no line with more in it", text: "[a]:1 ssh-ed25519 AAAA root:x:0:0\n", found: null },
  { name: "nothing of another file", text: "root:x:0:0:root:/root:/bin/bash\n", found: null },
  { name: "nothing where there is nothing", text: "", found: null },
];
for (const { name, text, found } of lines) {
  test(`what is told is ${name}`, () => expect(hostKeyIn(text, { host: "a", port: 1 })).toBe(found as string));
}
