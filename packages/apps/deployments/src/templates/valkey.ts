import type { Template } from "./template.ts";

/**
 * The image takes options as arguments, where every process on the machine could read the password. So they go in as a file
 * that is read once, through the image's own entrypoint, which hands the files to its user and drops root.
 */
const START = `sh -c 'umask 077 && printf "requirepass %s\\nappendonly yes\\ndir /data\\n" "$VALKEY_PASSWORD" > /tmp/valkey.conf && exec docker-entrypoint.sh valkey-server - < /tmp/valkey.conf'`;

export const valkey: Template = {
  name: "valkey",
  title: "Valkey",
  description: "Keys and values in memory, written to disk every second; speaks Redis.",
  image: "docker.io/valkey/valkey", // in full: an organisation of that name could have such an image of its own
  versions: ["9.1", "9.0", "8.1", "7.2"],
  port: 6379,
  startSeconds: 60,
  graceSeconds: 15,
  memoryMiB: 256,
  volume: { slug: "data", path: "/data" },
  variables: { VALKEY_PASSWORD: { kind: "generated", generator: "password" } },
  exports: {
    REDIS_URL: `redis://:\${{VALKEY_PASSWORD}}@\${{HOST}}:\${{PORT}}`,
    REDIS_HOST: `\${{HOST}}`,
    REDIS_PORT: `\${{PORT}}`,
    REDIS_PASSWORD: `\${{VALKEY_PASSWORD}}`,
  },
  startCommand: START,
};
