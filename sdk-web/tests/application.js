// An application that uses the package, bundled for the browser scenario `package`.
import { identify, init, track } from "@sillage/web";

track("before init", { n: 1 });
init(document.body.dataset.key, { collector: document.body.dataset.collector, appVersion: "9.1" });
identify("user-7");
