import type { Command } from "commander";
import { z } from "zod";
import { withExamples } from "../examples.ts";
import { followEvents } from "../follow.ts";
import { note, print } from "../output.ts";
import { connect } from "../session.ts";
import { checkPlace, type Place, withPlace } from "../target.ts";
import { wholeNumber } from "../whole-number.ts";

type Flags = Place & { follow?: boolean; build?: boolean; lines: string; json?: boolean };

const LogLine = z.object({
  n: z.number(),
  at: z.string(),
  stream: z.enum(["stdout", "stderr"]),
  replica: z.string().optional(),
  text: z.string(),
});

export const addLogs = (program: Command): void => {
  withExamples(
    withPlace(program.command("logs")),
    "homeport logs -f --project shop --service api",
    "homeport logs --build --project shop --service api",
    "homeport logs --project shop --service api --environment staging",
  )
    .description("Show what a service wrote, across its releases and replicas")
    .option("-f, --follow", "go on with new lines as they come; Ctrl-C ends it")
    .option("--build", "the log of the newest build instead")
    .option("-n, --lines <number>", "how many lines of what was written so far", "200")
    .option("--json", "print a JSON object per line")
    .action(logs);
};

const logs = async (flags: Flags): Promise<void> => {
  const { client, options } = connect();
  const service = await client.deployments.services.get(checkPlace(flags));
  const stream = flags.build === true ? service.latest?.buildLog : service.latest?.runtimeLog;
  if (stream === undefined || stream === null) {
    note(flags.build === true ? "The newest deployment has no build." : "Nothing was deployed yet.");
    return;
  }
  const limit = wholeNumber("--lines", flags.lines, 1000);
  const show =
    flags.json === true
      ? (line: unknown) => print(JSON.stringify(line))
      : (line: z.infer<typeof LogLine>) => print(line.text);
  const { lines } = await client.logging.streams.lines({ stream, limit });
  for (const line of lines) show(line);
  if (flags.follow !== true) return;
  const stopping = new AbortController();
  process.once("SIGINT", () => stopping.abort());
  const after = lines.at(-1)?.n ?? 0;
  const path = `/api/v1/logging/streams/${stream}/tail?after=${after}`;
  for await (const event of followEvents(options, path, stopping.signal)) {
    show(LogLine.parse(JSON.parse(event.data)));
  }
};
