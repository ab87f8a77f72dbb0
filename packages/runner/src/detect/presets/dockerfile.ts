import type { DockerfilePreset } from "../preset.ts";

export const dockerfile: DockerfilePreset = {
  kind: "dockerfile",
  name: "dockerfile",
  title: "a Dockerfile",
  recognises: "a Dockerfile",
  file: "Dockerfile",
  proofs: [{ priority: 1000, all: [{ file: "Dockerfile" }], says: "a Dockerfile" }],
};
