/** What an app says of its own HTTP surface: the part of an OpenAPI document that is merged. */
export type AppDocument = { paths: Record<string, PathItem> };

/** The operations of one path, by method. */
export type PathItem = Record<string, Record<string, unknown>>;

/** Fetches the OpenAPI document of one app by its path on the platform. Rejects when it does not answer in time. */
export type FetchDocument = (path: string) => Promise<AppDocument>;
