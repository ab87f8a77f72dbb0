import { expect, test } from "bun:test";
import { wholeReference } from "./image-reference.ts";

const DIGEST = `sha256:${"a".repeat(64)}`;

const rows: { name: string; reference: string; whole: string }[] = [
  { name: "a name alone", reference: "nginx", whole: "docker.io/library/nginx:latest" },
  { name: "what could be the id of an image", reference: "3f", whole: "docker.io/library/3f:latest" },
  { name: "a name with a tag", reference: "nginx:1.27", whole: "docker.io/library/nginx:1.27" },
  { name: "a name with a digest", reference: `nginx@${DIGEST}`, whole: `docker.io/library/nginx@${DIGEST}` },
  { name: "a tag beside a digest", reference: `nginx:1@${DIGEST}`, whole: `docker.io/library/nginx@${DIGEST}` },
  { name: "somebody's image", reference: "grafana/grafana:11", whole: "docker.io/grafana/grafana:11" },
  { name: "Docker's own host", reference: "docker.io/nginx", whole: "docker.io/library/nginx:latest" },
  { name: "its old host", reference: "index.docker.io/a/b", whole: "docker.io/a/b:latest" },
  { name: "another registry", reference: "ghcr.io/a/b:1", whole: "ghcr.io/a/b:1" },
  { name: "another registry's short path", reference: "quay.io/3f", whole: "quay.io/3f:latest" },
  { name: "a port", reference: "registry:5000/a", whole: "registry:5000/a:latest" },
  { name: "this machine", reference: "localhost/a", whole: "localhost/a:latest" },
  { name: "an id from before ids were refused", reference: DIGEST, whole: `docker.io/library/${DIGEST}` },
];
for (const { name, reference, whole } of rows) {
  test(`${name} becomes ${whole.slice(0, 40)}`, () => {
    expect(wholeReference(reference)).toBe(whole);
    expect(wholeReference(whole)).toBe(whole);
  });
}
