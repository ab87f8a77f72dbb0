import type { Template } from "./template.ts";

export const mysql: Template = {
  name: "mysql",
  title: "MySQL",
  description: "The relational database that PHP applications expect.",
  image: "mysql",
  versions: ["8.4", "8.0"],
  port: 3306,
  // It makes its files, starts, makes the user, ends and starts again: minutes on a small machine.
  startSeconds: 600,
  graceSeconds: 30,
  memoryMiB: 1024,
  volume: { slug: "data", path: "/var/lib/mysql" },
  variables: {
    MYSQL_DATABASE: { kind: "literal", value: "app" },
    MYSQL_USER: { kind: "literal", value: "app" },
    MYSQL_PASSWORD: { kind: "generated", generator: "password" },
    // One that the image makes up itself is written to the log.
    MYSQL_ROOT_PASSWORD: { kind: "generated", generator: "password" },
  },
  // No MYSQL_HOST, MYSQL_TCP_PORT or MYSQL_PWD: MySQL's own programs read these, also while the image makes its users.
  exports: {
    DATABASE_URL: `mysql://\${{MYSQL_USER}}:\${{MYSQL_PASSWORD}}@\${{HOST}}:\${{PORT}}/\${{MYSQL_DATABASE}}`,
    DB_HOST: `\${{HOST}}`,
    DB_PORT: `\${{PORT}}`,
    DB_USERNAME: `\${{MYSQL_USER}}`,
    DB_PASSWORD: `\${{MYSQL_PASSWORD}}`,
    DB_DATABASE: `\${{MYSQL_DATABASE}}`,
  },
};
