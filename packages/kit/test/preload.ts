/**
 * Loaded before the tests of a `bun test` run (bunfig.toml). The servers start at first use, see servers.ts, so that a
 * run of pure tests pays nothing; here is only what must be set before any module of the platform is loaded.
 */
process.env.HOMEPORT_LOG_LEVEL ??= "fatal"; // tests provoke warnings; HOMEPORT_LOG_LEVEL=debug shows them
process.env.TZ = "UTC";
