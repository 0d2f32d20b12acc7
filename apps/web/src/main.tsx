import { render } from "preact";
import "uplot/dist/uPlot.min.css";
import { App } from "./app.js";
import { open } from "./state/session.js";
import "./style/page.css";
import "./style/controls.css";
import "./style/figures.css";

render(<App />, document.getElementById("app")!);
open();
