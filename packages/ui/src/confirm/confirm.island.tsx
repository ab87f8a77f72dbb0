import { island } from "@homeport/ui/island";
import { ConfirmButton } from "./confirm-button.tsx";

export type { ConfirmButtonProps } from "./confirm-button.tsx";

export default island("confirm", ConfirmButton);
