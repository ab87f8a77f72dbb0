import { island } from "@homeport/ui/island";
import { Toaster } from "./toaster.tsx";

export default island("toaster", Toaster, { on: "idle" });
