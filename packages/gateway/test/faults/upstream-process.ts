import { join } from "node:path";
import type { Fixture } from "../fixture.ts";

const PROGRAM = join(import.meta.dir, "upstream-program.ts");

/** `upstream-program.ts` as a process; it ends with the fixture. */
export class UpstreamProcess {
  private constructor(
    private readonly child: Bun.Subprocess,
    readonly port: number,
  ) {}

  static async start(fixture: Fixture): Promise<UpstreamProcess> {
    const ready = Promise.withResolvers<number>();
    const child = Bun.spawn([process.execPath, "--smol", PROGRAM], {
      stdio: ["ignore", "ignore", "inherit"],
      ipc: (message: { port: number }) => ready.resolve(message.port),
    });
    void child.exited.then((code) => ready.reject(new Error(`The upstream ended with code ${code}.`)));
    fixture.defer(() => {
      child.kill("SIGKILL");
      return child.exited;
    });
    return new UpstreamProcess(child, await ready.promise);
  }

  /** As the kernel's out-of-memory killer does it. */
  async kill(): Promise<void> {
    this.child.kill("SIGKILL");
    await this.child.exited;
  }

  /** It exists, the kernel accepts connections for it, and it does nothing. */
  freeze(): void {
    this.child.kill("SIGSTOP");
  }
}
