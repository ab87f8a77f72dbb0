import { island } from "@homeport/ui/island";
import { LiveRefresh } from "./live-refresh.client.tsx";

export default island("live-refresh", LiveRefresh, { on: "load", ssr: false });
