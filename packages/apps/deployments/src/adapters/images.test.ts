import { expect, test } from "bun:test";
import { localReference } from "./images.ts";

const OURS = ["registry.internal:3000", "cloud.example.com:3000"];

const rows: { name: string; reference: string; local: string | null }[] = [
  { name: "by our own host", reference: "registry.internal:3000/home/api:1", local: "home/api:1" },
  { name: "by the platform's address", reference: "cloud.example.com:3000/home/api", local: "home/api" },
  { name: "by this machine and our port", reference: "localhost:3000/home/api", local: "home/api" },
  { name: "by this machine's number", reference: "127.0.0.1:3000/home/api", local: "home/api" },
  { name: "by the organisation's name", reference: "home/api:1", local: "home/api:1" },
  { name: "of another organisation here", reference: "localhost:3000/away/api", local: "away/api" }, // the registry refuses it
  { name: "of somebody with another name", reference: "library/nginx", local: null },
  { name: "of another registry", reference: "docker.io/home/api", local: null },
  { name: "of another port", reference: "localhost:5000/home/api", local: null },
  { name: "without a slash", reference: "home", local: null },
];
for (const { name, reference, local } of rows) {
  test(`an image named ${name} is ${local === null ? "not " : ""}ours`, () => {
    expect(localReference(reference, "home", ...OURS)).toBe(local);
  });
}
