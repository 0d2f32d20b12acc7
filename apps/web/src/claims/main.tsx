import { render } from "preact";
import { ClaimsPage } from "./page.js";
import { openHandedOver } from "./session.js";
import "../style/page.css";
import "../style/controls.css";
import "../style/claims.css";

render(<ClaimsPage />, document.getElementById("app")!);

void openHandedOver();
