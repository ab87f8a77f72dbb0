import { island } from "@homeport/ui/island";
import { Poll } from "./poll.client.tsx";

export default island("poll", Poll);
