import { join } from "node:path";
import { defaultRunDir } from "@homeport/kit/config.ts";
import { pidFilesOf } from "./pid-file.ts";

/** Everything the standalone platform keeps, by what it is for. */
export const pathsOf = (dataDir: string) => ({
  dataDir,
  runDir: defaultRunDir(dataDir),
  assetsDir: join(dataDir, "assets"),
  logFile: join(dataDir, "homeport.log"),
  setupTokenFile: join(dataDir, "setup-token"),
  /** How it was started last, so that `--stop` finds the same engine; also the sign that there is an installation. */
  startedWithFile: join(dataDir, "started-with.json"),
  pidFiles: pidFilesOf(dataDir),
});

export type Paths = ReturnType<typeof pathsOf>;
