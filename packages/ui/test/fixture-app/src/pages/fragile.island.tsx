import { Button } from "@homeport/ui";
import { island } from "@homeport/ui/island";
import { type ReactNode, useState } from "react";

function Fragile(): ReactNode {
  const [broken, setBroken] = useState(false);
  if (broken) throw new Error("broken on purpose");
  return <Button onClick={() => setBroken(true)}>Break this part</Button>;
}

export default island("fragile", Fragile, { on: "visible" });
