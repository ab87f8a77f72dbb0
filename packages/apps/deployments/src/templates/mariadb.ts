import type { Template } from "./template.ts";

export const mariadb: Template = {
  name: "mariadb",
  title: "MariaDB",
  description: "MySQL's sibling: the same clients, less memory.",
  image: "mariadb",
  versions: ["11.8", "11.4", "10.11"],
  port: 3306,
  startSeconds: 600, // as MySQL: it is started twice the first time
  graceSeconds: 30,
  memoryMiB: 512,
  volume: { slug: "data", path: "/var/lib/mysql" },
  variables: {
    MARIADB_DATABASE: { kind: "literal", value: "app" },
    MARIADB_USER: { kind: "literal", value: "app" },
    MARIADB_PASSWORD: { kind: "generated", generator: "password" },
    // One that the image makes up itself is written to the log.
    MARIADB_ROOT_PASSWORD: { kind: "generated", generator: "password" },
  },
  // `mysql://`, and not `mariadb://`: that is what clients know.
  exports: {
    DATABASE_URL: `mysql://\${{MARIADB_USER}}:\${{MARIADB_PASSWORD}}@\${{HOST}}:\${{PORT}}/\${{MARIADB_DATABASE}}`,
    DB_HOST: `\${{HOST}}`,
    DB_PORT: `\${{PORT}}`,
    DB_USERNAME: `\${{MARIADB_USER}}`,
    DB_PASSWORD: `\${{MARIADB_PASSWORD}}`,
    DB_DATABASE: `\${{MARIADB_DATABASE}}`,
  },
};
