import { expect, test } from "bun:test";
import { publicOrigin } from "./public-origin.ts";

const rows: { name: string; app: string; scheme: "http" | "https"; authority: string; origin: string }[] = [
  {
    name: "the platform's port",
    app: "http://localhost:3000",
    scheme: "http",
    authority: "a.localhost:3000",
    origin: "http://a.localhost:3000",
  },
  {
    name: "a mapped port",
    app: "http://home.example:8080",
    scheme: "http",
    authority: "a.localhost:8080",
    origin: "http://a.localhost:8080",
  },
  {
    name: "no port",
    app: "https://home.example",
    scheme: "https",
    authority: "a.localhost",
    origin: "https://a.localhost",
  },
  {
    name: "the usual port, written down",
    app: "https://home.example",
    scheme: "https",
    authority: "a.localhost:443",
    origin: "https://a.localhost",
  },
  {
    name: "plain http beside https",
    app: "https://home.example",
    scheme: "http",
    authority: "a.localhost",
    origin: "http://a.localhost",
  },
  {
    name: "the port that is listened on",
    app: "http://localhost:8080",
    scheme: "http",
    authority: "a.localhost:3000",
    origin: "http://a.localhost:3000",
  },
  {
    name: "https on its own port",
    app: "http://localhost:3000",
    scheme: "https",
    authority: "a.localhost:3443",
    origin: "https://a.localhost:3443",
  },
  {
    name: "a port of something else",
    app: "http://localhost:3000",
    scheme: "http",
    authority: "a.localhost:9999",
    origin: "http://a.localhost:3000",
  },
  {
    name: "a port of something else, over https",
    app: "https://home.example",
    scheme: "https",
    authority: "a.localhost:9999",
    origin: "https://a.localhost",
  },
  {
    name: "the usual port where the platform has another",
    app: "http://localhost:3000",
    scheme: "http",
    authority: "a.localhost",
    origin: "http://a.localhost:3000",
  },
];
for (const { name, app, scheme, authority, origin } of rows) {
  test(`${name}: ${scheme} ${authority} of ${app} is ${origin}`, () => {
    const address = { appUrl: new URL(app), ports: () => ({ http: 3000, https: 3443 }) };
    expect(publicOrigin({ scheme, hostName: "a.localhost", authority }, address)).toBe(origin);
  });
}

test("https in front of a gateway without TLS has its usual port", () => {
  const address = { appUrl: new URL("http://localhost:3000"), ports: () => ({ http: 3000, https: null }) };
  const request = { scheme: "https", hostName: "a.example", authority: "a.example:9999" } as const;
  expect(publicOrigin(request, address)).toBe("https://a.example");
});
