/**
 * BuildKit's progress, as the engine passes it on: `moby.buildkit.v1.StatusResponse`
 * (github.com/moby/buildkit, api/services/control/control.proto), of which these fields matter here.
 * dockerode decodes it too, and shows the output of commands as base64.
 */
export type Trace = {
  steps: { id: string; name: string; cached: boolean; started: boolean; completed: boolean; error: string }[];
  output: { stepId: string; isError: boolean; text: Uint8Array }[];
};

export const decodeTrace = (base64: string): Trace => {
  const trace: Trace = { steps: [], output: [] };
  for (const { field, bytes } of fieldsOf(Buffer.from(base64, "base64"))) {
    if (field === 1) trace.steps.push(toStep(bytes));
    if (field === 3) trace.output.push(toOutput(bytes));
  }
  return trace;
};

const toStep = (message: Uint8Array): Trace["steps"][number] => {
  const step = { id: "", name: "", cached: false, started: false, completed: false, error: "" };
  for (const { field, bytes, number } of fieldsOf(message)) {
    if (field === 1) step.id = toText(bytes);
    if (field === 3) step.name = toText(bytes);
    if (field === 4) step.cached = number !== 0;
    if (field === 5) step.started = true;
    if (field === 6) step.completed = true;
    if (field === 7) step.error = toText(bytes);
  }
  return step;
};

const STDERR = 2;

const toOutput = (message: Uint8Array): Trace["output"][number] => {
  const output = { stepId: "", isError: false, text: new Uint8Array() };
  for (const { field, bytes, number } of fieldsOf(message)) {
    if (field === 1) output.stepId = toText(bytes);
    if (field === 3) output.isError = number === STDERR;
    if (field === 4) output.text = Uint8Array.from(bytes);
  }
  return output;
};

const toText = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

type Field = { field: number; bytes: Uint8Array; number: number };

const NOTHING = new Uint8Array();

/** The fields of a protobuf message (protobuf.dev/programming-guides/encoding). Stops where the message is damaged. */
function* fieldsOf(message: Uint8Array): Generator<Field> {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; at < message.length && shift < 64; shift += 7) {
      const byte = message[at++] ?? 0;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) break;
    }
    return value;
  };
  while (at < message.length) {
    const key = varint();
    const field = Math.floor(key / 8);
    switch (key % 8) {
      case 0:
        yield { field, bytes: NOTHING, number: varint() };
        break;
      case 1:
        at += 8;
        break;
      case 2: {
        const length = varint();
        yield { field, bytes: message.subarray(at, at + length), number: 0 };
        at += length;
        break;
      }
      case 5:
        at += 4;
        break;
      default:
        return;
    }
  }
}
