import type { Template } from "./template.ts";

export const postgres: Template = {
  name: "postgres",
  title: "PostgreSQL",
  description: "The relational database for most things.",
  image: "postgres",
  versions: ["18", "17", "16", "15"],
  port: 5432,
  startSeconds: 120,
  graceSeconds: 30,
  memoryMiB: 512,
  // Images before 18 keep their files in /var/lib/postgresql/data, those from 18 on in /var/lib/postgresql/<version>/docker,
  // and declare volumes accordingly (docker-library/postgres#1259). A folder that PGDATA names is the same in all of them,
  // and initdb wants an empty one, which the top of a disk need not be.
  volume: { slug: "data", path: "/var/lib/postgresql" },
  variables: {
    PGDATA: { kind: "literal", value: "/var/lib/postgresql/pgdata" },
    POSTGRES_USER: { kind: "literal", value: "app" },
    POSTGRES_DB: { kind: "literal", value: "app" },
    POSTGRES_PASSWORD: { kind: "generated", generator: "password" },
  },
  exports: {
    DATABASE_URL: `postgres://\${{POSTGRES_USER}}:\${{POSTGRES_PASSWORD}}@\${{HOST}}:\${{PORT}}/\${{POSTGRES_DB}}`,
    // What libpq and everything made with it reads: psql needs no arguments.
    PGHOST: `\${{HOST}}`,
    PGPORT: `\${{PORT}}`,
    PGUSER: `\${{POSTGRES_USER}}`,
    PGPASSWORD: `\${{POSTGRES_PASSWORD}}`,
    PGDATABASE: `\${{POSTGRES_DB}}`,
  },
};
