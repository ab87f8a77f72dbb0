/**
 * One start of a program: the command line to use, files to hand down as descriptors 3 and up (`pipe`: a new one), and
 * how to see its end.
 */
export type Started = {
  argv: readonly string[];
  descriptors: readonly (number | "pipe")[];
  /** Called once it runs, with our ends of its descriptors: null for those that are no pipes. */
  begin?(pid: number, ends: readonly (number | null)[]): void;
  /** Settles when nothing that the program started is alive. Called once, after the program itself has ended. */
  untilGone(): Promise<void>;
};

/** What holds a program, so that everything it starts ends with it. */
export type ProcessGuard = (argv: readonly string[]) => Started;

/** Programs of our own choice, such as git: their process group is killed, and they start nothing outside of it. */
export const unguarded: ProcessGuard = (argv) => ({ argv, descriptors: [], untilGone: async () => {} });

/** Kills the process group that `pid` leads. Safe to repeat, and after its end. */
export const killGroup = (pid: number): void => {
  try {
    process.kill(-pid, "SIGKILL");
  } catch (err) {
    if (!(err instanceof Error && "code" in err && err.code === "ESRCH")) throw err; // gone already
  }
};
