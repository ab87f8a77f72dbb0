import { expect, test } from "bun:test";
import { join } from "node:path";
import { BodyScanner } from "../../src/http1/body-scanner.ts";
import { RequestHead } from "../../src/http1/request-head.ts";
import { ResponseHead } from "../../src/http1/response-head.ts";
import { fuzz, type Readers } from "./fuzz-heads.ts";

const COUNT = 1_000_000;
const LIMIT_MS = 240_000;

const readers = (): Readers => ({ request: new RequestHead(), response: new ResponseHead(), body: new BodyScanner() });

test(
  "a million inputs are read as a slow reader reads them, in whatever parts they arrive",
  async () => {
    const child = Bun.spawn([process.execPath, join(import.meta.dir, "fuzz-heads.ts"), String(COUNT)], {
      stdout: "pipe",
      stderr: "pipe",
      timeout: LIMIT_MS,
      killSignal: "SIGKILL",
    });
    const [output, errors, exitCode] = await Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
      child.exited,
    ]);
    expect(output + errors).toMatch(/^1000000 inputs from seed \d+\n[\d.]+ s; slowest: [\d.]+ ms for \d+ bytes\n$/);
    expect(exitCode).toBe(0);
  },
  LIMIT_MS + 5_000,
);

test("the same seed gives the same inputs", () => {
  const problems = [3, 3, 5_000_000].map(
    (seed) => fuzz(1_000, seed, { ...readers(), body: new LateScanner() }).failure?.text,
  );
  expect(problems[0]).toBe(problems[1] ?? "none");
  expect(problems[0]).not.toBe(problems[2] ?? "none");
});

class LateScanner extends BodyScanner {
  override scan(bytes: Buffer, from: number, end: number): number {
    const result = super.scan(bytes, from, end);
    return result >= 0 && result < end ? result + 1 : result;
  }
}

class ForgetfulHead extends RequestHead {
  override read(bytes: Buffer, start: number, end: number): number {
    const { closes } = this;
    const result = super.read(bytes, start, end);
    this.closes ||= closes;
    return result;
  }
}

class HastyHead extends RequestHead {
  override read(bytes: Buffer, start: number, end: number): number {
    return end - start < 4 ? -1 : super.read(bytes, start, end);
  }
}

class LenientHead extends ResponseHead {
  override read(bytes: Buffer, start: number, end: number, isHead: boolean): number {
    const empty = bytes.subarray(start, end).indexOf("\r\n\r\n");
    return super.read(bytes, start, end, isHead) < 0 && empty !== -1 ? start + empty + 4 : 0;
  }
}

test.each<{ name: string; planted: Partial<Readers> }>([
  { name: "a body that ends late", planted: { body: new LateScanner() } },
  { name: "what is left of the head before", planted: { request: new ForgetfulHead() } },
  { name: "a beginning that is refused", planted: { request: new HastyHead() } },
  { name: "a head that should be refused", planted: { response: new LenientHead() } },
])("fuzzing finds $name", ({ planted }) => {
  const { failure } = fuzz(20_000, 1, { ...readers(), ...planted });
  expect(failure).not.toBeNull();
});
