"use strict";
// Loads the extension's WebAssembly in node. The glue is an ES module without a file ending that says so, and keeps one
// instance for itself; as a data address with a number of its own it can be loaded afresh.

const { readFileSync } = require("node:fs");
const { join } = require("node:path");

/**
 * @param {string} folder where lapwing_extension.js, lapwing_extension_bg.wasm and starter.lists are
 * @returns {{ module: WebAssembly.Module, lists: Uint8Array, bytes: number, fresh: () => Promise<any> }}
 */
exports.open = (folder) => {
  const wasm = readFileSync(join(folder, "lapwing_extension_bg.wasm"));
  const glue = readFileSync(join(folder, "lapwing_extension.js")).toString("base64");
  const module = new WebAssembly.Module(wasm);
  let number = 0;
  return {
    module,
    lists: new Uint8Array(readFileSync(join(folder, "starter.lists"))),
    bytes: wasm.length,
    fresh: () => import(`data:text/javascript;base64,${glue}#${++number}`),
  };
};
