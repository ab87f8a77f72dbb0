import { island } from "@homeport/ui/island";
import { LogView } from "./log-view.tsx";

export type { LogLine } from "./line.ts";
export type { LogViewProps } from "./log-view.tsx";

export default island("log-view", LogView);
