import { z } from "zod";

/** URL prefix of every built file. */
export const PUBLIC_PREFIX = "/public/";

const url = z.string().max(300).startsWith(PUBLIC_PREFIX);

/** What a build wrote, as it lies on disk beside the files. */
export const BuildRecord = z.object({
  schema: z.literal(1),
  /** SHA-256 of everything that went in. */
  key: z.string().regex(/^[0-9a-f]{64}$/),
  boot: url,
  css: url,
  icon: url,
  /** The import map of every page: bare specifier to URL. */
  imports: z.record(z.string().max(200), url),
  /** By `<app>/<island>`. `preload`: what the module imports, so that all of it is fetched at once. */
  islands: z.record(z.string().max(120), z.object({ src: url, preload: z.array(url).max(200) })),
  /** By URL path. The sizes of the compressed forms are there when those forms are. */
  files: z.record(
    url,
    z.object({
      type: z.string().max(80),
      bytes: z.number().int().min(0),
      br: z.number().int().min(0).optional(),
      gzip: z.number().int().min(0).optional(),
    }),
  ),
  /** Files outside of the apps' and this package's own folders that went in, with their SHA-256. */
  otherInputs: z.array(z.object({ path: z.string().max(1000), sha256: z.string().length(64) })).max(5000),
});

export type BuildRecord = z.infer<typeof BuildRecord>;
export type AssetFile = BuildRecord["files"][string];

/** A build that is ready to be served: its record, where it lies, and the files of builds before it that pages may still ask for. */
export interface AssetManifest extends BuildRecord {
  dir: string;
  olderFiles: Record<string, AssetFile>;
}
