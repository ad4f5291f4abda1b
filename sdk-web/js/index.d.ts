// The interface that the script line puts at `window.sillage`. Calls made before the module is
// ready are kept and made then. No call ever throws, and none returns anything.
//
// Without any call these are captured, each until a project switches it off: page views and leaves,
// clicks (in rage, in vain and into an error, too), forms sent, changes of fields, downloads, links
// to other hosts, JavaScript errors and web vitals. Copying is captured where a project asks for it.
//
// `data-wasm="off"` in the script line takes the plain-JavaScript form at once, where a policy
// refuses WebAssembly and the browser would report the attempt. `?sillage=debug` in the address of
// a page has the console say what is captured and why not, in this tab until `?sillage=off`.

/** Values other than texts are sent as their JSON text; `null` and `undefined` are left out. */
export type Properties = Record<string, unknown>;

export interface Options {
  /** Address of the collector; otherwise the folder that the script came from. */
  collector?: string;
  /** Version of your application; otherwise `<meta name="app-version">`. */
  appVersion?: string;
  /**
   * Where identity rules may look, as `data-identity` in the script line: "off", or some of
   * "meta,global,storage". Otherwise "meta,global": `localStorage` is read only where it is named.
   */
  identity?: string;
  /**
   * Selector of elements of which nothing is captured, no event either, with all that is in them;
   * as `data-ignore` in the script line, or `data-sillage="ignore"` on the element.
   */
  ignore?: string;
  /**
   * Selector of elements of which, and of all that is in them, no text, id, class or link is told;
   * as `data-mask`, or `data-sillage="mask"` on the element. `data-sillage="allow"` within tells
   * them again. A selector that the browser does not understand counts as `text: "off"`.
   */
  mask?: string;
  /**
   * `"off"` tells no text of the page at all: no names, titles or messages of errors; as `data-text`.
   * An element can be given a name by `data-sillage-name`, which is told whatever is masked.
   */
  text?: "on" | "off";
}

export interface Sillage {
  /** Starts capture, where the script line has no `data-write-key`. */
  init(writeKey: string, options?: Options): void;
  /** Records an event of your own, with a name of at most 128 bytes. */
  track(name: string, properties?: Properties): void;
  /** Records a page view. Loads and changes of the path are recorded without it. */
  page(properties?: Properties): void;
  /** Says who the visitor is. Another user than before starts a new visitor. */
  identify(userId: string, properties?: Properties): void;
  /** Says to which account, such as a company, the user belongs. */
  group(accountId: string, properties?: Properties): void;
  /** Forgets who the visitor is: call it when the user signs out. */
  reset(): void;
  /** Captures again after `optOut()`. A privacy signal of the browser still wins. */
  optIn(): void;
  /** Stops capture and deletes all that is stored, on this page and the next. */
  optOut(): void;
  /** Sends what waits, as soon as the browser is idle. */
  flush(): void;
}

declare global {
  interface Window {
    sillage: Sillage;
  }
}
