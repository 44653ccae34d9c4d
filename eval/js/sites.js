"use strict";
// Measures looking up hosts in node, and prints one JSON object.
// node --expose-gc sites.js (wasm|set|hntrie) FOLDER INPUT ROUNDS KEY

const { readFileSync } = require("node:fs");
const { join } = require("node:path");
const { pathToFileURL } = require("node:url");
const { performance } = require("node:perf_hooks");
const { open } = require("./module.js");

const milliseconds = (work) => {
  const start = performance.now();
  work();
  return performance.now() - start;
};

const middle = (numbers) => numbers.slice().sort((a, b) => a - b)[Math.floor(numbers.length / 2)];

/** The extension's module with a pack, asked through the glue as the extension would ask it. */
const wasm = async (folder, input, rounds, key) => {
  const { module, lists, fresh } = open(folder);
  const pack = new Uint8Array(readFileSync(join(input, "sites.pack")));
  const loads = [];
  let probe;
  for (let round = 0; round < Math.min(rounds, 3); round++) {
    const glue = await fresh();
    glue.initSync({ module });
    const empty = new glue.Probe(lists);
    loads.push(milliseconds(() => (probe = empty.take_pack(pack, key))));
  }
  return {
    has: (host) => probe.site(host) !== 0,
    opens: (url) => !probe.stops(url),
    about: { load_ms: middle(loads), bytes: pack.length },
  };
};

/** The simplest that works: every name in a Set, and a walk over the parents. */
const set = async (_folder, input) => {
  const names = JSON.parse(readFileSync(join(input, "names.json"), "utf8"));
  // What the names themselves take is counted too: the Set keeps them.
  global.gc();
  let listed;
  const load_ms = milliseconds(() => (listed = new Set(names)));
  const count = names.length;
  const text = names.reduce((sum, name) => sum + ((name.length + 12 + 7) & ~7), 0);
  const before = process.memoryUsage().heapUsed;
  listed = null;
  global.gc();
  const table = before - process.memoryUsage().heapUsed;
  listed = new Set(names);
  const has = (host) => {
    for (let at = -1; ; ) {
      if (listed.has(at < 0 ? host : host.slice(at))) return true;
      at = host.indexOf(".", at < 0 ? 0 : at);
      if (at < 0) return false;
      at += 1;
    }
  };
  return { has, about: { load_ms, bytes: Math.max(table, count * 8) + text } };
};

/** uBlock Origin's trie, with its own WebAssembly where it can be had. */
const hntrie = async (folder, input) => {
  const { default: Container } = await import(pathToFileURL(join(folder, "js/hntrie.js")).href);
  const names = JSON.parse(readFileSync(join(input, "names.json"), "utf8"));
  const container = new Container();
  let with_wasm = false;
  try {
    const fetcher = (path) => WebAssembly.compile(readFileSync(`${path}.wasm`));
    with_wasm = (await container.enableWASM(fetcher, join(folder, "js/wasm/"))) === true;
  } catch {
    // Its JavaScript does the same.
  }
  let root;
  const build_ms = milliseconds(() => (root = container.createTrieFromIterable(names)));
  container.optimize();
  const selfie = container.toSelfie();
  const load_ms = milliseconds(() => container.fromSelfie(selfie));
  return {
    has: (host) => container.setNeedle(host).matches(root) !== -1,
    about: { build_ms, load_ms, bytes: selfie.buf32.byteLength, with_wasm },
  };
};

(async () => {
  const [what, folder, input, rounds, key] = process.argv.slice(2);
  const { has, opens, about } = await { wasm, set, hntrie }[what](folder, input, Number(rounds), key);
  const asked = JSON.parse(readFileSync(join(input, "asked.json"), "utf8"));
  const each = (all, ask) => {
    let found = 0;
    const times = [];
    for (let round = 0; round < Number(rounds) + 1; round++) {
      found = 0;
      const ms = milliseconds(() => all.forEach((one) => (found += ask(one) ? 1 : 0)));
      // The first round is for the engine's compiler.
      if (round > 0) times.push((ms * 1000) / all.length);
    }
    return { us: middle(times), found };
  };
  const { us: host_us, found } = each(asked, has);
  const answer = { host_us, found, ...about };
  if (opens) {
    const urls = asked.slice(0, 50_000).map((host) => `https://${host}/a/page.html`);
    answer.address_us = each(urls, opens).us;
  }
  console.log(JSON.stringify(answer));
})();
