import type { Options as PageOptions, Properties, Sillage } from "./page.js";

export type { Properties, Sillage };

/** What `init` is told besides the write key. */
export interface Options extends Omit<PageOptions, "collector"> {
  /**
   * Address of the folder that `sdk.js` is served from: the collector's, such as
   * "https://collector.example.com", or a path of your own site that leads there, such as "/metrics".
   */
  collector: string;
  /** The nonce of the page's content security policy; otherwise that of the page's own scripts. */
  nonce?: string;
}

/**
 * Starts capture: loads the SDK from the collector. Only the first call does anything, and on a
 * server none does.
 */
export declare function init(writeKey: string, options: Options): void;

export declare const track: Sillage["track"];
export declare const page: Sillage["page"];
export declare const identify: Sillage["identify"];
export declare const group: Sillage["group"];
export declare const reset: Sillage["reset"];
export declare const optIn: Sillage["optIn"];
export declare const optOut: Sillage["optOut"];
export declare const flush: Sillage["flush"];
