"use strict";
// Measures a checker in node on texts and windows that the caller wrote to a file, and prints one JSON object.
// node time.js (wasm|obscenity) FOLDER INPUT ROUNDS

const { readFileSync } = require("node:fs");
const { performance } = require("node:perf_hooks");
const { open } = require("./module.js");

const milliseconds = (work) => {
  const start = performance.now();
  work();
  return performance.now() - start;
};

const middle = (numbers) => numbers.slice().sort((a, b) => a - b)[Math.floor(numbers.length / 2)];

/** The middle and the 99th percentile, in microseconds. */
const spread = (windows, check) => {
  const times = windows.map((text) => 1000 * milliseconds(() => check(text)));
  times.sort((a, b) => a - b);
  return { p50: times[Math.floor(times.length / 2)], p99: times[Math.floor(times.length * 0.99)] };
};

/** The extension's module: how long it takes to load, and what it answers with. */
const wasm = async (folder) => {
  const before = performance.now();
  const { module, lists, bytes, fresh } = open(folder);
  const compile_ms = performance.now() - before;
  const loads = [];
  let probe, memory;
  for (let index = 0; index < 9; index++) {
    const glue = await fresh();
    memory = glue.initSync({ module }).memory;
    loads.push(milliseconds(() => (probe = new glue.Probe(lists))));
  }
  const loaded = memory.buffer.byteLength;
  return {
    check: (text) => probe.count(text) > 0,
    about: { module_bytes: bytes, compile_ms, load_first_ms: loads[0], load_ms: middle(loads), loaded_bytes: loaded },
    after: () => ({ memory_bytes: memory.buffer.byteLength }),
  };
};

/** npm's obscenity with what it ships for English. */
const obscenity = async (folder) => {
  const { RegExpMatcher, englishDataset, englishRecommendedTransformers } = require(folder);
  const load = () => new RegExpMatcher({ ...englishDataset.build(), ...englishRecommendedTransformers });
  const load_ms = milliseconds(load);
  const matcher = load();
  return { check: (text) => matcher.hasMatch(text), about: { load_ms }, after: () => ({}) };
};

(async () => {
  const [what, folder, input, rounds] = process.argv.slice(2);
  const { texts, windows } = JSON.parse(readFileSync(input, "utf8"));
  const { check, about, after } = await (what === "wasm" ? wasm(folder) : obscenity(folder));
  // First as a worker that has just woken meets them, then when the engine's compiler has done its work.
  const cold = spread(windows.slice(0, 200), check);
  let flagged = 0;
  const seconds = [];
  for (let round = 0; round < Number(rounds); round++) {
    flagged = 0;
    seconds.push(milliseconds(() => texts.forEach((text) => (flagged += check(text) ? 1 : 0))) / 1000);
  }
  const warm = spread(windows, check);
  console.log(JSON.stringify({ seconds: middle(seconds), flagged, cold, warm, ...about, ...after() }));
})();
