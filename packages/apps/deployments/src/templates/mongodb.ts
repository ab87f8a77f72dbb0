import type { Template } from "./template.ts";

export const mongodb: Template = {
  name: "mongodb",
  title: "MongoDB",
  description: "Documents; its images need a processor with AVX.",
  image: "mongo",
  versions: ["8.0", "7.0"],
  port: 27017,
  startSeconds: 300, // it is started twice the first time
  graceSeconds: 30,
  memoryMiB: 1024,
  volume: { slug: "data", path: "/data/db" },
  variables: {
    MONGO_INITDB_ROOT_USERNAME: { kind: "literal", value: "app" },
    MONGO_INITDB_ROOT_PASSWORD: { kind: "generated", generator: "password" },
    MONGO_INITDB_DATABASE: { kind: "literal", value: "app" },
  },
  // The image makes its one user in the database `admin`, and a client has to be told.
  exports: {
    MONGODB_URI: `mongodb://\${{MONGO_INITDB_ROOT_USERNAME}}:\${{MONGO_INITDB_ROOT_PASSWORD}}@\${{HOST}}:\${{PORT}}/\${{MONGO_INITDB_DATABASE}}?authSource=admin`,
    MONGO_HOST: `\${{HOST}}`,
    MONGO_PORT: `\${{PORT}}`,
    MONGO_USERNAME: `\${{MONGO_INITDB_ROOT_USERNAME}}`,
    MONGO_PASSWORD: `\${{MONGO_INITDB_ROOT_PASSWORD}}`,
    MONGO_DATABASE: `\${{MONGO_INITDB_DATABASE}}`,
  },
};
